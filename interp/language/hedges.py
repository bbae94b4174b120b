"""The hedging lexicon: what counts as the speaker's own doubt, and what looks like it and is not.

Patterns are read against a sentence in lower case, without articles, where every mark between words is " , " (comma) or
" ; " (anything stronger). STANCE is said in the first person or confesses a lack of knowledge; the other groups qualify
a statement. SPARED names uses of the same words that are advice, permission, comparison or certainty.
"""

from __future__ import annotations

_COPULA_OR_CAUSE = (
    "be|have|been|mean|indicate|cause|lead|result|come|stem|happen|explain|signal|suggest|point|also be|not be|not have"
)
_CAUSE = (
    "cause|causes|reason|reasons|explanation|explanations|culprit|culprits|issue|issues|problem|problems|factor|factors"
    "|scenario|scenarios|source|sources|diagnosis|diagnoses|suspect|suspects|answer|answers|candidate|candidates"
)
_ADDED = "used|added|served|substituted|replaced|stored|frozen|reheated|prepared|made|done|omitted|left|kept|eaten"
_SOFTENERS = r"(?:(?:also|well|simply|just|actually|still|even|indeed|not|never|easily|sometimes|potentially|then) )*"

STANCE = (
    r"i (?:(?:do not|don't|would|'d|am|just|personally|really) )?"
    r"(?:think|believe|suspect|guess|assume|imagine|suppose|reckon)",
    r"i doubt",
    r"i(?:'m| am) (?:not|never) (?:\w+ )?(?:sure|certain|aware|familiar|confident)",
    r"i(?:'m| am) (?:unsure|uncertain|no expert|guessing|(?:fairly|pretty|reasonably) (?:sure|certain|confident))",
    r"i (?:do not|don't) have (?:access|information|enough|any information|real time)",
    r"not (?:entirely|completely|quite|totally|absolutely|100 %|so|too) (?:sure|certain|clear)",
    r"i (?:do not|don't|cannot|can't|couldn't|could not) (?:\w+ )?"
    r"(?:know|recall|remember|say|tell|verify|confirm|see|determine|guarantee|diagnose|be (?:sure|certain))",
    r"i (?:may|might|could) (?:well )?be (?:wrong|mistaken)",
    r"(?:as far as i know|to (?:best of )?my knowledge|in my opinion|my (?:best )?guess)",
    r"if (?:i remember|i recall|memory serves|i'm not mistaken|i am not mistaken)",
    r"without (?:knowing|seeing|tasting|more (?:information|details|context))",
    r"(?:hard|difficult|impossible|tricky) to (?:say|tell|know|be (?:sure|certain)|pinpoint|determine|diagnose)",
    r"(?:not|isn't) (?:\w+ )?(?:clear|certain|known) (?:if|whether|what|why|how|which|exactly)",
    r"(?:remains|is|it's) (?:unclear|uncertain|debatable|disputed|open to (?:debate|interpretation))",
    r"no (?:way (?:to|of) (?:know|knowing|tell|telling)|guarantee|certainty)",
    r"(?:double check|verify|check) (?:this|that|my answer)",
    r"take (?:this|that|it) with (?:grain|pinch) of salt",
)
SEEMING = (
    r"sounds? (?:like|as (?:if|though))",
    r"(?:it|this|that|there|you|which|problem|issue|sauce|what) (?:seems?|seemed|appears?|appeared)",
    r"(?:seems?|appears?) (?:to|that|like|as)",
    r"(?:it|this|that) looks? (?:like|as (?:if|though)) (?:you|your|it|this|that|there)",
)
MODAL = (
    r"(?:you|we|they|i) (?:may|might|could) " + _SOFTENERS + r"(?:have|be)(?! able)",
    r"(?<!\byou )(?<!\bwe )(?<!\bone )(?<!\bi )\b(?:may|might)(?! as well)",
    r"(?<!\byou )(?<!\bwe )(?<!\bone )(?<!\bi )\bcould " + _SOFTENERS + rf"(?:{_COPULA_OR_CAUSE})\b",
)
ADVERB = (
    r"(?:perhaps|maybe|possibly|probably|presumably|apparently|supposedly|arguably|potentially|conceivably|seemingly|reportedly|allegedly)",
    r"(?<!more )(?<!less )(?<!as )(?<!not )(?:likely|unlikely)",
    r"in all (?:likelihood|probability)",
    r"(?:is|are|was|were) (?:believed|thought|said|rumoured) to",
)
POSSIBILITY = (
    rf"(?:possible|probable|plausible|potential) (?:{_CAUSE})",
    r"(?:it is|it's|also|quite|entirely) possible (?:that|you|your|it|this)",
    r"(?:possibility|possibilities)",
    r"(?:this|that|it|which|symptoms?|description|texture|result) (?:\w+ )?(?:suggests?|hints?)",
)
SPARED = (
    r"(?:no|without|beyond|not) (?:any |shadow of |reasonable )*(?:doubt|possibility)",
    rf"(?:may|might|could) {_SOFTENERS}be (?:\w+ly )?(?:{_ADDED})",
    r"(?:may|might) (?:want|wish|like|prefer|need|try|consider|choose)",
    r"(?:as|if|wherever|whenever|where|everything|best) (?:\w+ )?(?:possible|probable)",
    r"(?:i|we|recipes?|chefs?|cooks?|experts?) (?:would |'d )?(?:suggest|recommend|advise)",
    r"may \d+",
    r"(?:in|of|by|since|until|early|late|every|last|next) may",
)
GROUPS = {"stance": STANCE, "seeming": SEEMING, "modal": MODAL, "adverb": ADVERB, "possibility": POSSIBILITY}
