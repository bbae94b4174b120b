"""The names of the files of a run."""

from __future__ import annotations

GENERATIONS = "generations.jsonl"


FEATURES = "features.safetensors"


HEADS = "heads.safetensors"


MANIFEST = "run.json"


CONFIG = "config.json"
