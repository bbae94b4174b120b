"""A command's options reach the model that it opens, and nothing is loaded before it is needed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hooks.models import catalogue
from hooks.models.opening import opener
from interp.cli.groups import ModelOptions
from interp.errors import InputError


def test_the_options_reach_the_model(specimen: Callable[..., Path]) -> None:
    spec = catalogue.resolve(str(specimen("qwen3")))
    options = ModelOptions(backend="nnsight", dtype="float64", device="cpu", attn="eager", prove=False)
    model = opener(spec, options)()
    assert (model.name, model.proof) == ("nnsight", "skipped")
    assert (model.model_id.dtype, model.model_id.device, model.model_id.attn) == ("float64", "cpu", "eager")


def test_a_bad_option_is_told_when_the_model_is_opened(specimen: Callable[..., Path]) -> None:
    open_model = opener(catalogue.resolve(str(specimen("qwen3"))), ModelOptions(device="toaster"))
    with pytest.raises(InputError, match="'toaster' is no device"):
        open_model()


def test_nothing_heavy_is_imported_before_it_is_called() -> None:
    code = (
        "import sys; from hooks.models.opening import opener; from hooks.models.spec import ModelSpec; "
        "from interp.cli.groups import ModelOptions; opener(ModelSpec('m', 'org/m'), ModelOptions()); "
        "print([name for name in ('torch', 'transformers') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
