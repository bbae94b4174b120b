"""Pictures, drawn from finished result files.

No statistic is computed here but those of a picture, such as principal components; no model is read.
"""

from interp.cli import starting

starting.begin()
