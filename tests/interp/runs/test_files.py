"""Files that can be believed: atomic writes, strict reads, round trips."""

from __future__ import annotations

import dataclasses
import errno
import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from interp.errors import InputError
from interp.records.answers import Generation, HeadScale, StopReason
from interp.records.arrays import Features, HeadActivations, Position, Probe, Site
from interp.records.judgements import Answer, Label
from interp.records.prompts import Claim, Prompt, Split
from interp.runs.arrays import (
    read_arrays,
    read_features,
    read_head_activations,
    read_probes,
    write_arrays,
    write_features,
    write_head_activations,
    write_probes,
)
from interp.runs.files import TEMPORARY, atomic_path, read_json, sha256_json, write_json, write_text
from interp.runs.rows import parse_row, read_rows, row_text, write_rows

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
number = st.floats(allow_nan=False, allow_infinity=False)
small = st.integers(0, 9)
FIELDS: dict[type, dict[str, Any]] = {
    Prompt: {
        "id": text,
        "text": text,
        "domain": text,
        "split": st.sampled_from(Split),
        "claims": st.lists(st.tuples(text, st.lists(text, max_size=3).map(tuple)), max_size=3),
        "relation": st.none() | text,
    },
    Generation: {
        **dict.fromkeys(("id", "prompt_id", "model", "text", "prompt_sha256"), text),
        "tokens": st.lists(st.integers(0, 300_000), max_size=5).map(tuple),
        **dict.fromkeys(("n_prompt_tokens", "n_generated"), st.integers(0, 9999)),
        "stop": st.none() | st.sampled_from(StopReason),
        "max_new_tokens": st.integers(1, 9999),
        **dict.fromkeys(("mean_logprob", "min_logprob"), st.none() | number),
        "edit": st.none() | st.tuples(st.lists(st.tuples(small, small), max_size=3).map(tuple), number),
        "unrecorded": st.lists(text, max_size=2).map(tuple),
    },
    Label: {
        "generation_id": text,
        "checklist_recall": st.none() | st.floats(0, 1),
        "claims_met": st.lists(st.none() | st.booleans(), max_size=4).map(tuple),
        **dict.fromkeys(("correct", "asserted"), st.none() | st.booleans()),
        "judge": text,
        "axes": st.dictionaries(text, st.none() | st.integers(1, 5), max_size=3),
        "reasons": st.dictionaries(text, text, max_size=3),
    },
    Answer: {"question_id": text, "choice": st.none() | text, "raw": text, "judge": text},
}


def built(kind: type, fields: dict[str, Any]) -> Any:
    """A record of drawn fields; built here because the shape checker draws random numbers, which strategies may not."""
    if kind is Prompt:
        fields = fields | {"claims": tuple(Claim(*claim) for claim in fields["claims"])}
    if kind is Generation and fields["edit"] is not None:
        fields = fields | {"edit": HeadScale(*fields["edit"])}
    return kind(**fields)


def features(seed: int = 0, site: Site = Site.RESID_POST, n: int = 4) -> Features:
    x = np.random.default_rng(seed).normal(size=(n, 2, 3)).astype(np.float32)
    return Features(tuple(f"g{i}" for i in range(n)), site, (3, 5), Position.CONTENT, x, pool_tokens=2)


def probe(target: str) -> Probe:
    w = np.random.default_rng(1).normal(size=3)
    return Probe(w, 0.1 + 0.2, target, Site.LN_FINAL, 5, Position.CONTENT, 1, 0.01, "abc", 4)


@pytest.mark.parametrize("kind", FIELDS, ids=lambda kind: kind.__name__)
@given(data=st.data())
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rows_come_back_as_they_were(tmp_path: Path, kind: type, data: st.DataObject) -> None:
    drawn = data.draw(st.lists(st.fixed_dictionaries(FIELDS[kind]), max_size=3))
    rows = [built(kind, fields) for fields in drawn]
    write_rows(tmp_path / "rows.jsonl", rows)
    assert read_rows(tmp_path / "rows.jsonl", kind) == rows


def test_rows_of_equal_records_are_equal_bytes() -> None:
    one = Label("g", None, (), None, None, "j", {}, {"b": "x", "a": "y"})
    other = Label("g", None, (), None, None, "j", {}, {"a": "y", "b": "x"})
    assert row_text(one) == row_text(other)


GOOD = json.loads(row_text(Prompt("p", "text", "d", Split.FIT, (Claim("c", ("w",)),), None)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"colour": "red"}, "colour"),
        ({"id": 7}, "id"),
        ({"split": "test"}, "split"),
        ({"claims": [{"text": "c", "accept": ["w"], "weight": 2}]}, "claims.0.weight"),
        ({"claims": "none"}, "claims"),
        ({"text": None}, "text"),
    ],
)
def test_a_wrong_row_is_refused_with_file_line_and_field(change: dict[str, Any], said: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(GOOD) + "\n" + json.dumps(GOOD | change) + "\n")
    with pytest.raises(InputError, match=rf"rows\.jsonl, line 2 is not a valid Prompt \({said}"):
        read_rows(path, Prompt)


@pytest.mark.parametrize("missing", ["id", "text", "split", "claims", "domain"])
def test_a_missing_field_is_refused(missing: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({k: v for k, v in GOOD.items() if k != missing}))
    with pytest.raises(InputError, match=missing):
        read_rows(path, Prompt)


@pytest.mark.parametrize("line", ["true", "7", '"id"', "{", "NaN", '{"id": "p"', "\x00"])
def test_a_line_that_is_no_object_is_refused(line: str, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text(line)
    with pytest.raises(InputError, match="line 1 is not a valid Prompt"):
        read_rows(tmp_path / "rows.jsonl", Prompt)


def test_a_number_is_not_taken_for_a_truth_value() -> None:
    row = row_text(Label("g", 1.0, (True,), True, None, "j")).replace('"correct":true', '"correct":1')
    with pytest.raises(InputError, match="correct"):
        parse_row(Label, row, "here")


def test_a_missing_or_unreadable_file_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "nowhere", tmp_path / "bytes", tmp_path):
        with pytest.raises(InputError, match=str(path)):
            read_rows(path, Prompt)
        with pytest.raises(InputError, match=str(path)):
            read_json(path)
        with pytest.raises(InputError, match=str(path)):
            read_arrays(path)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [float("-inf")]])
def test_json_has_no_nan_and_a_refused_value_leaves_the_old_file(value: Any, tmp_path: Path) -> None:
    write_json(tmp_path / "x.json", {"old": 1})
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "x.json", {"new": value})
    assert read_json(tmp_path / "x.json") == {"old": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["x.json"]


def test_a_failing_write_leaves_the_old_file_and_names_it(tmp_path: Path) -> None:
    write_text(tmp_path / "x.txt", "old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        with pytest.raises(OSError, match="too large") as caught:
            write_text(tmp_path / "x.txt", "n" * 100)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (caught.value.errno, caught.value.filename) == (errno.EFBIG, str(tmp_path / "x.txt"))
    assert (tmp_path / "x.txt").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["x.txt"]


def test_nothing_is_seen_under_the_final_name_before_it_is_whole(tmp_path: Path) -> None:
    with atomic_path(tmp_path / "deep" / "x.txt") as temporary:
        temporary.write_text("half")
        assert not (tmp_path / "deep" / "x.txt").exists()
        assert temporary.name.startswith(TEMPORARY)
    assert (tmp_path / "deep" / "x.txt").read_text() == "half"


def test_features_come_back_with_every_field(tmp_path: Path) -> None:
    final = dataclasses.replace(features(1, Site.LN_FINAL), pool_layers=4)
    write_features(tmp_path / "f.safetensors", [features(), final])
    for one in (features(), final):
        back = read_features(tmp_path / "f.safetensors", one.site, one.position)
        assert back.fingerprint() == one.fingerprint()
        assert (back.pool_tokens, back.pool_layers) == (one.pool_tokens, one.pool_layers)
        assert np.array_equal(back.x, one.x)
        assert back.x.dtype == np.float32
    with pytest.raises(InputError, match=r"holds no ln_final\.end_of_turn"):
        read_features(tmp_path / "f.safetensors", Site.LN_FINAL, Position.END_OF_TURN)


def test_features_of_no_answer_at_all_can_be_stored(tmp_path: Path) -> None:
    write_features(tmp_path / "f.safetensors", [features(n=0)])
    assert read_features(tmp_path / "f.safetensors", Site.RESID_POST, Position.CONTENT).x.shape == (0, 2, 3)


def test_one_changed_byte_of_the_features_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.safetensors"
    write_features(path, [features()])
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(InputError, match="does not match the sha256"):
        read_features(path, Site.RESID_POST, Position.CONTENT)
    path.write_bytes(whole[:-1])
    with pytest.raises(InputError, match="not a readable safetensors file"):
        read_features(path, Site.RESID_POST, Position.CONTENT)


def test_head_activations_of_uneven_layers_come_back(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    norms = tuple(rng.normal(size=(2, h)).astype(np.float32) for h in (3, 5))
    means = tuple(rng.normal(size=(2, h, d)).astype(np.float32) for h, d in ((3, 4), (5, 2)))
    written = HeadActivations(("a", "b"), (1, 4), norms, means, 32)
    write_head_activations(tmp_path / "h.safetensors", written)
    back = read_head_activations(tmp_path / "h.safetensors")
    assert (back.generation_ids, back.layers, back.last_tokens) == (("a", "b"), (1, 4), 32)
    for a, b in zip((*norms, *means), (*back.norms, *back.means), strict=True):
        assert np.array_equal(a, b)


def test_probes_come_back_bit_by_bit(tmp_path: Path) -> None:
    write_probes(tmp_path / "p.safetensors", [probe("correct"), probe("asserted")])
    back = read_probes(tmp_path / "p.safetensors")
    assert set(back) == {"correct", "asserted"}
    for target, one in back.items():
        assert np.array_equal(one.w, probe(target).w)
        assert one.w.dtype == np.float64
        assert (
            dataclasses.replace(one, w=np.zeros(0)).__repr__()
            == dataclasses.replace(probe(target), w=np.zeros(0)).__repr__()
        )


WRITE = """
import sys, numpy as np
from pathlib import Path
from interp.runs.arrays import write_arrays
arrays = {"b": np.arange(5, dtype=np.float32), "a": np.arange(3, dtype=np.float64), "c": np.zeros((0, 2), np.float32)}
write_arrays(Path(sys.argv[1]), arrays, {"correct": "1", "asserted": "2", "x": "3", "y": "4", "z": "5"})
"""


def test_two_processes_write_equal_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        subprocess.run([sys.executable, "-c", WRITE, str(tmp_path / name)], check=True, timeout=120)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    arrays, metadata = read_arrays(tmp_path / "one")
    assert {k: v.tolist() for k, v in arrays.items()} == {"a": [0, 1, 2], "b": [0, 1, 2, 3, 4], "c": []}
    assert metadata == {"correct": "1", "asserted": "2", "x": "3", "y": "4", "z": "5"}


def test_arrays_are_also_read_by_the_library_itself(tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    x = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
    write_arrays(tmp_path / "x.safetensors", {"x": x.T, "names of \u00e9": x}, {"who": "\u00e9 \u4e2d"})
    loaded = load_file(tmp_path / "x.safetensors")
    assert np.array_equal(loaded["x"], x.T)
    assert np.array_equal(loaded["names of \u00e9"], x)


def test_json_hashes_do_not_depend_on_the_order_of_keys() -> None:
    assert sha256_json({"a": 1, "b": [2]}) == sha256_json({"b": [2], "a": 1})
    assert sha256_json({"a": 1}) != sha256_json({"a": 1.5})
