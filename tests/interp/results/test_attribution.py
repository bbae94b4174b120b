"""The record of `attribution.json`: written whole, read strictly, its contrasts in order."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from interp.errors import InputError
from interp.records.findings import Estimate
from interp.records.loaded import ModelId
from interp.results.attribution import (
    Attribution,
    AttributionSettings,
    Cohorts,
    Contrast,
    HeadEffect,
    HeadShift,
    Intervention,
    Largest,
    Matched,
    PublishedFile,
    PublishedModel,
    RunIdentity,
    SplitHalf,
)
from interp.results.schema import read_result, write_result
from interp.runs.files import read_json, write_json

D = Estimate(0.5, 0.1, 0.9, "made up", 10, 12, 0.03)
HEADS = tuple(
    HeadEffect(layer, head, 1.0, 0.5, D, 0.01, p, p < 0.05)
    for layer, head, p in ((2, 0, 0.9), (5, 1, 0.01), (3, 3, 0.02))
)
LARGEST = Largest(0.9, 0.5, 0.7, "made up")
FULL = Contrast(
    "heads survive",
    "why",
    "how",
    ((3, 3), (2, 0), (5, 1)),
    HEADS,
    99,
    LARGEST,
    SplitHalf(D, D, 5, 0.4, 0.1),
    {"length": Matched("length", 10, "no head survives", "why", LARGEST, HEADS)},
)
OWN = Attribution(
    Attribution.SCHEMA,
    ModelId("tiny", "directory", "models/tiny", "0" * 64, "float32", "cpu", "sdpa"),
    RunIdentity("tiny-facts", "1" * 64, "tiny", "facts"),
    Cohorts("cw", "cr", 10, 12),
    32,
    {"directional": FULL, "magnitude": Contrast("could not be tested", "why", "how")},
    Intervention(("a", "b"), 0.0, (HeadShift(2, 0, D, None),), None, "no probe", {"magnitude": {"logprob": D}}),
    AttributionSettings("fit", None, 0, 2),
)
PUBLISHED = dataclasses.replace(
    OWN,
    model=PublishedModel("tiny", "somebody/tiny"),
    source=PublishedFile("a paper", "heads.json", "2" * 64),
    intervention=None,
    settings=None,
)


@pytest.mark.parametrize("made", [OWN, PUBLISHED], ids=["own", "published"])
def test_an_attribution_is_read_back_as_it_was_written(made: Attribution, tmp_path: Path) -> None:
    write_result(tmp_path / "attribution.json", made)
    read = read_result(tmp_path / "attribution.json", Attribution)
    assert read == made
    assert (type(read.model), type(read.source)) == (type(made.model), type(made.source))


def test_contrasts_come_in_one_order_whatever_order_they_were_given_or_stored_in(tmp_path: Path) -> None:
    write_result(tmp_path / "attribution.json", OWN)
    assert list(OWN.contrasts) == ["magnitude", "directional"]
    assert list(read_result(tmp_path / "attribution.json", Attribution).contrasts) == ["magnitude", "directional"]


def test_surviving_heads_come_in_the_order_of_the_ranking() -> None:
    assert OWN.contrast("directional").surviving == ((3, 3), (5, 1))
    with pytest.raises(InputError, match="no 'other' contrast; it has magnitude, directional"):
        OWN.contrast("other")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"schema": 1}, "has the schema 1, but this version reads 2: it was made by an older version"),
        ({"schema": 3}, "made by another version"),
        ({"last": 32}, "is not a valid Attribution"),
        ({"last_tokens": "32"}, "is not a valid Attribution .last_tokens"),
        ({"model": {"name": "tiny"}}, "is not a valid Attribution .model"),
        ({"source": {}}, "is not a valid Attribution .source"),
        ({"settings": {"split": "all", "limit": None, "seed": 0, "intervene": 2}}, "settings.split"),
    ],
)
def test_another_schema_or_form_is_refused(wrong: dict[str, Any], said: str, tmp_path: Path) -> None:
    write_result(tmp_path / "attribution.json", OWN)
    write_json(tmp_path / "attribution.json", read_json(tmp_path / "attribution.json") | wrong)
    with pytest.raises(InputError, match=said):
        read_result(tmp_path / "attribution.json", Attribution)
