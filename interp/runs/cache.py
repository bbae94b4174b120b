"""Where what is fetched or paid for once is kept between runs."""

from __future__ import annotations

import os
from pathlib import Path

CACHE_VARIABLE = "H_LAST_CACHE_DIR"


def cache_directory() -> Path:
    """Return where embedded weights are kept: `H_LAST_CACHE_DIR`, else the user's cache directory."""
    from platformdirs import user_cache_dir

    named = os.environ.get(CACHE_VARIABLE)
    return Path(named).expanduser().absolute() if named else Path(user_cache_dir("h-last"))
