from __future__ import annotations

import re
from pathlib import Path

import pytest

from hooks.heads.choice import choose, shown
from interp.errors import InputError
from interp.records.loaded import ModelId
from interp.results.attribution import Attribution, Cohorts, Contrast, HeadEffect
from interp.results.dose import ListedHeads, RankedHeads
from interp.results.identity import RunIdentity
from interp.results.schema import write_result
from interp.runs.files import read_json, sha256_file, write_json

SOURCE = RunIdentity("a-run", "0" * 64, "tiny", "facts")
RANKING = ((5, 1), (3, 0), (9, 2), (0, 0), (1, 1), (2, 2))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    heads = tuple(
        HeadEffect(layer, head, None, None, None, None, 0.01, (layer, head) == (3, 0)) for layer, head in RANKING
    )
    contrasts = {
        "directional": Contrast("heads survive", "", "", RANKING, heads),
        "magnitude": Contrast("no head survives", "", "", RANKING[::-1], ()),
    }
    model = ModelId("tiny", "directory", "models/tiny", "abc", "float32", "cpu", "sdpa")
    written = Attribution(Attribution.SCHEMA, model, SOURCE, Cohorts("cw", "cr", 10, 12), 32, contrasts)
    write_result(tmp_path / "attribution.json", written)
    return tmp_path / "attribution.json"


def test_a_list_is_taken_as_it_stands() -> None:
    found = choose("L3H1, L15H0", "tiny", "abc", None, None)
    assert found == ListedHeads(((3, 1), (15, 0)))
    assert shown(found.chosen) == "L3H1,L15H0"


def test_the_first_heads_of_a_contrast_are_taken_with_where_they_come_from(file: Path) -> None:
    found = choose(str(file), "tiny", "abc", None, None)
    assert found == RankedHeads(
        chosen=RANKING[:5],
        sha256=sha256_file(file),
        made_from=SOURCE,
        contrast="directional",
        outcome="heads survive",
        surviving="L3H0",
    )
    assert choose(str(file), "tiny", "abc", "magnitude", 2).chosen == RANKING[::-1][:2]


@pytest.mark.parametrize(
    ("text", "top", "expected"),
    [
        ("", None, "--heads names no head"),
        ("\u200b", None, "--heads names no head"),
        ("L3H1,L3H1", None, "names L3H1 twice"),
        ("L3H1,5", None, "names '5', which is no head"),
        ("L3H1,", None, "names '', which is no head"),
        ("L3H1", 2, "--contrast and --top choose heads from an attribution.json"),
        ("L-1H0", None, "neither a list like L3H1,L5H0 nor a file"),
        ("nowhere.json", None, "'nowhere.json' is neither a list like L3H1,L5H0 nor a file"),
    ],
)
def test_what_names_no_heads_is_refused(text: str, top: int | None, expected: str) -> None:
    with pytest.raises(InputError, match=re.escape(expected)):
        choose(text, "tiny", "abc", None, top)


def test_a_file_of_other_weights_is_refused_whatever_they_are_called(file: Path) -> None:
    assert choose(str(file), "renamed", "abc", None, 2).chosen == RANKING[:2]
    for name in ("tiny", "other"):
        with pytest.raises(InputError, match="made from other weights of tiny"):
            choose(str(file), name, "def", None, None)


def test_a_file_made_in_another_number_format_is_refused(file: Path) -> None:
    assert choose(str(file), "tiny", "abc", None, 2, lambda: "float32").chosen == RANKING[:2]
    with pytest.raises(InputError, match="of tiny in float32, but here it would be loaded in bfloat16; pass --dtype"):
        choose(str(file), "tiny", "abc", None, None, lambda: "bfloat16")


@pytest.mark.parametrize("top", [0, 7])
def test_a_file_that_ranks_fewer_heads_than_asked_for_is_refused(file: Path, top: int) -> None:
    with pytest.raises(InputError, match=f"--top is {top}; .* ranks 6 heads by its directional contrast"):
        choose(str(file), "tiny", "abc", None, top)


def test_a_file_without_the_contrast_is_refused(file: Path) -> None:
    content = read_json(file)
    del content["contrasts"]["magnitude"]
    write_json(file, content)
    with pytest.raises(InputError, match="no 'magnitude' contrast"):
        choose(str(file), "tiny", "abc", "magnitude", None)


def test_a_file_that_is_no_attribution_is_refused(tmp_path: Path) -> None:
    write_json(tmp_path / "x.json", [1])
    with pytest.raises(InputError, match="holds no Attribution"):
        choose(str(tmp_path / "x.json"), "tiny", "abc", None, None)
