"""The model in memory: find it, load it, answer with it, read it, scale its heads.

No probe is fitted or judged here; that is in `probes`.
"""

from interp.cli import starting

starting.begin()
