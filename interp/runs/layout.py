"""The names of the files of a run, each written here and nowhere else."""

from __future__ import annotations

MANIFEST = "run.json"
CONFIG = "config.json"
MODEL = "model.json"
RENDERING = "rendering.json"  # how prompts were put to the model
PROMPTS = "prompts.jsonl"
GENERATIONS = "generations.jsonl"
GENERATIONS_AT = "generations-at-{}.jsonl"  # what a smaller token budget would have given
LABELS = "labels.jsonl"
JUDGEMENTS = "judgements.jsonl"
CHECKLISTS = "checklists.jsonl"
FEATURES = "features.safetensors"
FEATURES_INDEX = "features.json"
PROBES = "probe.safetensors"
REPORT = "report.json"
REPORT_PAGE = "report.html"
REPORT_TEXT = "report.md"
FALSIFY = "falsify.json"
FALSIFY_PAGE = "falsify.html"
FALSIFY_TEXT = "falsify.md"
HEADS = "heads.safetensors"
HEADS_INDEX = "heads.json"
SHIFTS = "shifts.safetensors"
ATTRIBUTION = "attribution.json"
ATTRIBUTION_TEXT = "attribution.md"
SWEEP = "sweep.json"
TEMPER = "temper.json"
TEMPER_TEXT = "temper.md"
REPLICATION = "replication.json"
REPLICATION_TEXT = "replication.md"
SCORES = "scores.jsonl"
SCORE_SETS = "scores.json"
COMPARE = "compare.json"
COMPARE_TEXT = "compare.md"
DELTAS = "deltas.json"
HUMANEVAL = "humaneval.json"
HUMANEVAL_TEXT = "humaneval.md"
TASKS = "tasks.jsonl"
MCAS = "mcas.json"
POWER = "power.json"
CLAIMS = "claims.json"
CLAIMS_TEXT = "claims.md"

# What is read of a finished run, and so must be named in its manifest.
READ = frozenset(
    {MODEL, RENDERING, PROMPTS, GENERATIONS, LABELS, JUDGEMENTS, CHECKLISTS, FEATURES, FEATURES_INDEX, PROBES, REPORT}
    | {HEADS, HEADS_INDEX, SHIFTS, ATTRIBUTION, SWEEP, TEMPER, SCORES, SCORE_SETS, HUMANEVAL, TASKS, MCAS}
)
