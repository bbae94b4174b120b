"""The house stands as it was drawn: our packages are ours, layers hold, light imports stay light."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ["interp", "hooks", "probes", "figures"]


@pytest.mark.parametrize("package", PACKAGES)
def test_package_is_the_one_in_this_repository(package: str) -> None:
    found = importlib.import_module(package).__file__
    assert found is not None
    assert Path(found).resolve().parent == ROOT / package


@pytest.mark.parametrize("package", PACKAGES)
def test_package_init_imports_nothing(package: str) -> None:
    text = (ROOT / package / "__init__.py").read_text()
    assert "import" not in text.split('"""')[2]


def test_layers_hold() -> None:
    done = subprocess.run([str(Path(sys.executable).parent / "lint-imports")], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def _modules(package: str) -> list[str]:
    return [
        f"{package}.{p.stem}" for p in sorted((ROOT / package).glob("*.py")) if p.stem not in ("__init__", "__main__")
    ]


@pytest.mark.parametrize(
    ("package", "heavy"),
    [
        ("interp", ["torch", "sklearn", "transformers"]),
        ("figures", ["torch", "sklearn", "transformers"]),
        ("probes", ["torch", "transformers"]),
    ],
)
def test_package_does_not_import_heavy_libraries(package: str, heavy: list[str]) -> None:
    modules = _modules(package)
    code = (
        "import sys, importlib\n"
        f"for m in {modules!r}: importlib.import_module(m)\n"
        f"print([h for h in {heavy!r} if h in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]", done.stdout


def test_no_source_file_is_longer_than_400_lines() -> None:
    long = [p.name for d in PACKAGES for p in (ROOT / d).glob("*.py") if len(p.read_text().splitlines()) > 400]
    assert long == []
