"""The house stands as it was drawn: our packages are ours, layers hold, light imports stay light."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import docs_help
import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ["interp", "hooks", "probes", "figures"]
FLOOR = {"interp": 90, "hooks": 45, "probes": 40, "figures": 20}
# What is imported by everything, the list of figures, and the ways in which one leaves.
NOT_TYPED = ("interp/errors", "figures/__main__", "figures/export", "figures/inline", "figures/listing", "figures/show")


@pytest.mark.parametrize("package", PACKAGES)
def test_package_is_the_one_in_this_repository(package: str) -> None:
    found = importlib.import_module(package).__file__
    assert found is not None
    assert Path(found).resolve().parent == ROOT / package


def _sources(package: str) -> list[Path]:
    """Every source file of a package; a floor keeps the tests below from passing on files that they do not find."""
    found = sorted((ROOT / package).rglob("*.py"))
    assert len(found) >= FLOOR[package], f"{package} has {len(found)} files; were some not found?"
    return found


# A package's own: what Ctrl-C does while a command is still importing.
BEGINNING = ["from interp.cli import starting", "starting.begin()"]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_init_says_what_is_in_its_folder_and_imports_nothing_more(package: str) -> None:
    folders = {path.parent for path in _sources(package)}
    for folder in folders:
        text = (folder / "__init__.py").read_text(encoding="utf-8")
        tree = ast.parse(text)
        said = ast.get_docstring(tree) or ""
        rest = [ast.unparse(statement) for statement in tree.body[1:]]
        assert rest == (BEGINNING if folder == ROOT / package else []), folder
        assert len(re.findall(r"[.?](?=\s|$)", said)) >= 2, folder


@pytest.mark.parametrize("package", PACKAGES)
def test_a_folder_is_one_idea_of_4_to_12_files_one_level_deep(package: str) -> None:
    for folder in {path.parent for path in _sources(package)} - {ROOT / package}:
        assert folder.parent == ROOT / package, folder
        assert 4 <= len([path for path in folder.glob("*.py") if path.stem != "__init__"]) <= 12, folder


def test_what_lies_beside_the_folders_is_a_command() -> None:
    typed = {Path(*command.module.split(".")) for command in docs_help.commands()}
    beside = {
        path.relative_to(ROOT).with_suffix("")
        for package in PACKAGES
        for path in (ROOT / package).glob("*.py")
        if path.stem != "__init__"
    }
    assert beside - typed == {Path(path) for path in NOT_TYPED}


def test_layers_hold() -> None:
    done = subprocess.run([str(Path(sys.executable).parent / "lint-imports")], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def _modules(package: str) -> list[str]:
    paths = [path.relative_to(ROOT).with_suffix("") for path in _sources(package)]
    return [".".join(path.parts) for path in paths if path.name not in ("__init__", "__main__")]


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
    long = [p.name for package in PACKAGES for p in _sources(package) if len(p.read_text().splitlines()) > 400]
    assert long == []
