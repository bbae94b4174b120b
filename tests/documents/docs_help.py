"""Every command of the toolkit, and the page of each under docs/commands with its `--help`.

`make docs` runs it: the text between the two marks of a page is replaced by what `--help` prints, and a command without
a page gets one that still wants its example. `tests/test_docs.py` fails where a page is missing or stale.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "commands"
PACKAGES = ("interp", "hooks", "probes", "figures")
BEGIN, END = "<!-- help -->", "<!-- end of help -->"
WIDTH = "100"  # columns that the help is laid out for


@dataclass(frozen=True)
class Command:
    """A module that `python -m` runs, and the dataclass that is its command line."""

    module: str
    home: str  # the module that calls run_command
    config: str

    @property
    def page(self) -> Path:
        """Where its page lies."""
        return PAGES / f"{self.module}.md"


@cache
def commands() -> tuple[Command, ...]:
    """Return every command, found by its call of `run_command`, in the order of the names that users type."""
    found = [one for package in PACKAGES for path in sorted((ROOT / package).glob("*.py")) for one in _calls(path)]
    return tuple(sorted(found, key=lambda one: one.module))


def _calls(path: Path) -> Iterator[Command]:
    home = f"{path.parent.name}.{path.stem}"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "run_command":
            yield Command(_typed(node, tree).removeprefix("python -m "), home, ast.unparse(node.args[0]))


def _typed(call: ast.Call, tree: ast.Module) -> str:
    """Return what the user types: the third argument, a string or the name of one."""
    third = call.args[2]
    if isinstance(third, ast.Constant):
        return str(third.value)
    names = {
        ast.unparse(node.targets[0]): node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
    }
    return str(ast.literal_eval(names[ast.unparse(third)]))


def help_text(command: Command) -> str:
    """Return what `python -m <command> --help` prints, at a fixed width."""
    done = subprocess.run(
        [sys.executable, "-m", command.module, "--help"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"COLUMNS": WIDTH, "NO_COLOR": "1"},
        check=True,
    )
    return "\n".join(line.rstrip() for line in done.stdout.strip().split("\n"))


def block(command: Command) -> str:
    """Return the help as it stands in a page, between the two marks."""
    return f"{BEGIN}\n```text\n{help_text(command)}\n```\n{END}"


def refresh(command: Command) -> None:
    """Write the page's help anew, and a page where there is none."""
    page = command.page
    text = page.read_text(encoding="utf-8") if page.exists() else f"# python -m {command.module}\n\n{BEGIN}{END}\n"
    before, _, rest = text.partition(BEGIN)
    page.write_text(f"{before}{block(command)}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    PAGES.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(refresh, commands()))
