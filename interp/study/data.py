"""The published study's data files: fetched once, verified by sha256, read by name.

Source: H. Sadasivan, *Disposition Distillation at Small Scale: A Three-Arc Negative Result*, arXiv:2604.11867, and the
data files of its repository at one commit. The files are fetched into the user's cache and never shipped with the code;
`H_LAST_PAPER_DIR` names a local copy to read instead. The paper's quantitative claims are carried here as facts.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from interp.errors import InputError
from interp.runs.files import sha256_file

PAPER = "arXiv:2604.11867"
REPOSITORY = "https://github.com/tinmanlabsl/disposition-distillation"
COMMIT = "ed3d9219690e53661857c814f3be5069c095ec30"
BASE_URL = f"https://raw.githubusercontent.com/tinmanlabsl/disposition-distillation/{COMMIT}/"
LOCAL_COPY = "H_LAST_PAPER_DIR"
CORRECT = 0.5  # smallest checklist recall that counts as correct (paper section 6.1)
TIMEOUT = 60  # seconds a server may stay silent

RESULTS = "eval/results/"
AUDIT = "phase0_audit/results/"
GEMMA_FIT = RESULTS + "judge_v4_step16.json"
GEMMA_FRESH = RESULTS + "judge_v4_fresh.json"
GEMMA_FRESH_GOLD = RESULTS + "v1_full_fresh_judged_gold.json"
GEMMA_PROBE = RESULTS + "v1_full_v2.json"
GEMMA_POOLED = RESULTS + "probe_multilayer.json"
GEMMA_AXES = RESULTS + "disposition_probe_sweep.json"
GEMMA_HEADS = RESULTS + "path_b_attribution_gemma4.json"
SMOLLM_FIT = RESULTS + "baseline_smollm_v2_disposition_profile.json"
SMOLLM_FIT_FEATURES = RESULTS + "smollm_step16_features.npz"
SMOLLM_FRESH_FEATURES = RESULTS + "smollm_fresh_features.npz"
SMOLLM_FRESH_GOLD = RESULTS + "smollm_fresh_judged_gold.json"
SMOLLM_PROBE = RESULTS + "smollm_factual_probe.json"
QWEN_FIT = RESULTS + "baseline_qwen35_0.8b_v2_disposition_profile.json"
QWEN_HEADS = RESULTS + "path_b_attribution_qwen35_0.8b.json"
FIRST_PASS = AUDIT + "eval_results.json"
HUMANEVAL_BASE = AUDIT + "humaneval_baseline.json"
HUMANEVAL_TRAINED = AUDIT + "humaneval_dd_fp16.json"
MCAS_ITEMS = AUDIT + "mcas_details.json"
PCA_RANK = RESULTS + "pca_rank.json"

SUMMARIES = frozenset(
    {
        GEMMA_PROBE,
        GEMMA_POOLED,
        GEMMA_AXES,
        GEMMA_HEADS,
        QWEN_HEADS,
        SMOLLM_PROBE,
        FIRST_PASS,
        PCA_RANK,
    }
)  # files that hold computed numbers only; what they were computed from is in other files or was not published


@dataclass(frozen=True, slots=True)
class PaperClaim:
    """One quantitative claim of the paper: a fact about the paper, with the sections that state it."""

    id: str
    section: str
    claim: str
    paper_value: str


@dataclass(frozen=True, slots=True)
class Study:
    """Where the study's files are read from: a local copy, or a cache that is filled from `base_url`."""

    local: Path | None
    cache_dir: Path
    base_url: str = BASE_URL
    _loaded: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def path(self, name: str) -> Path:
        """Return the path of one file after checking its sha256, fetching it first where that is needed.

        Raises:
            InputError: an unknown name, a missing or changed file, or a server that cannot be reached.
        """
        if name not in hashes():
            raise InputError(f"{name!r} is not a file of the published study; its files are {sorted(hashes())}.")
        return _local_path(self.local, name) if self.local else _fetch(name, self.cache_dir, self.base_url)

    def verify(self) -> None:
        """Fetch what is missing and check every file of the study; the first bad one raises InputError."""
        from tqdm import tqdm

        for name in tqdm(hashes(), desc="published study", disable=self.local is not None or None):
            self.path(name)

    def json(self, name: str) -> Any:
        """Return a JSON file's content, read once."""
        if name not in self._loaded:
            self._loaded[name] = json.loads(self.path(name).read_text(encoding="utf-8"))
        return self._loaded[name]

    def arrays(self, name: str) -> Mapping[str, np.ndarray]:
        """Return an NPZ file's arrays, read once."""
        if name not in self._loaded:
            with np.load(self.path(name), allow_pickle=False) as archive:
                self._loaded[name] = {key: archive[key] for key in archive.files}
        loaded: Mapping[str, np.ndarray] = self._loaded[name]
        return loaded


def open_study() -> Study:
    """Return the study from `H_LAST_PAPER_DIR` where that is set, else from the user's cache."""
    import platformdirs

    named = os.environ.get(LOCAL_COPY)
    if named and not Path(named).is_dir():
        raise InputError(f"{LOCAL_COPY} names {named}, which is not a directory; name the study's files or unset it.")
    return Study(Path(named) if named else None, platformdirs.user_cache_path("h-last") / "published" / COMMIT[:12])


@cache
def hashes() -> Mapping[str, str]:
    """Return the sha256 of every published file by its path in the repository."""
    lines = _data("sha256.txt").splitlines()
    return {name: digest for digest, name in (line.split() for line in lines)}


@cache
def claims() -> tuple[PaperClaim, ...]:
    """Return the paper's quantitative claims in their order."""
    return tuple(PaperClaim(**row) for row in csv.DictReader(io.StringIO(_data("claims.csv"))))


def _data(name: str) -> str:
    return (resources.files("interp.study") / name).read_text(encoding="utf-8")


def _local_path(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.is_file():
        raise InputError(f"{name} is missing from {folder}; copy it there, or unset {LOCAL_COPY} to fetch it.")
    if sha256_file(path) != hashes()[name]:
        raise InputError(f"{name} in {folder} does not match its sha256; restore it, or unset {LOCAL_COPY}.")
    return path


def _fetch(name: str, cache_dir: Path, base_url: str) -> Path:
    import pooch
    import requests

    pooch.get_logger().setLevel("WARNING")
    files = pooch.create(path=cache_dir, base_url=base_url, registry=dict(hashes()), retry_if_failed=1)
    try:
        return Path(files.fetch(name, downloader=pooch.HTTPDownloader(timeout=TIMEOUT)))
    except requests.HTTPError as error:
        raise InputError(f"{name} is not at {base_url} ({error}); {_remedy()}") from error
    except requests.RequestException as error:
        raise InputError(f"{name} could not be fetched from {base_url} (no connection); {_remedy()}") from error
    except ValueError as error:  # pooch's word for a wrong hash; nothing is left in the cache
        raise InputError(f"{name} arrived damaged from {base_url} (wrong sha256); {_remedy()}") from error


def _remedy() -> str:
    return f"try again where there is a network, or set {LOCAL_COPY} to a local copy of {REPOSITORY} at {COMMIT[:12]}."
