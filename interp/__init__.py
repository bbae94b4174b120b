"""What is said: records, runs, statistics, prompts, judges, labels, code, comparisons, the published study.

Light to import: neither torch nor transformers is in here; what needs the model is in `hooks`, what needs arrays is in
`probes`.
"""

from interp.cli import starting

starting.begin()
