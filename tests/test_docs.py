"""Each command has a page; its help is what `--help` prints today; links lead somewhere."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import docs_help
import pytest
from docs_help import ROOT, Command

from interp.records import answers, arrays, findings, judgements, loaded, prompts
from interp.records.answers import Generation
from interp.records.findings import Verdict
from interp.records.judgements import Label
from interp.records.loaded import ModelId
from interp.records.prompts import Prompt
from interp.records.shown import Shown
from interp.results import evidence, fit
from interp.scores.sets import Score

COMMANDS = docs_help.commands()
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: one.module)
def test_the_page_of_a_command_shows_its_help_as_it_is(command: Command) -> None:
    assert command.page.is_file(), f"{command.page} is missing; `make docs` makes it, then add an example"
    assert docs_help.block(command) in command.page.read_text(encoding="utf-8"), "stale; `make docs` writes it anew"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: one.module)
def test_the_page_of_a_command_has_an_example_with_its_output(command: Command) -> None:
    _, _, example = command.page.read_text(encoding="utf-8").partition("\n## Example\n")
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", example.partition(docs_help.BEGIN)[0], re.MULTILINE | re.DOTALL)
    assert any(language == "" and f"python -m {command.module}" in text for language, text in blocks)
    assert any(language == "text" and text.strip() for language, text in blocks)


def test_every_module_that_names_itself_as_a_command_can_be_run_as_one() -> None:
    sources = {f"{p}.{f.stem}": f.read_text() for p in docs_help.PACKAGES for f in (ROOT / p).glob("*.py")}
    named = {m for m, text in sources.items() if re.search(rf'^PROG = "python -m {re.escape(m)}"', text, re.MULTILINE)}
    assert named <= {one.home for one in COMMANDS}


def test_every_page_is_of_a_command_that_is_there() -> None:
    assert {path.stem for path in docs_help.PAGES.glob("*.md")} == {one.module for one in COMMANDS}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_to_files_that_are_there(document: Path) -> None:
    linked = re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text(encoding="utf-8"))
    lost = [link for link in linked if "://" not in link and not (document.parent / link).exists()]
    assert lost == []


FORMATS = (ROOT / "docs" / "file-formats.md").read_text(encoding="utf-8")
MODULES = (answers, arrays, findings, judgements, loaded, prompts, evidence, fit)
RECORDS = [*(record for module in MODULES for record in vars(module).values()), Score]
TABLES = re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", FORMATS, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("name", "text"), TABLES, ids=[name for name, _ in TABLES])
def test_the_fields_of_a_record_are_those_in_the_page_of_formats(name: str, text: str) -> None:
    record = next(one for one in RECORDS if getattr(one, "__name__", None) == name)
    assert re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) == [field.name for field in dataclasses.fields(record)]


@pytest.mark.parametrize("kind", [Prompt, Generation, Label, Verdict, ModelId])
def test_what_lies_in_files_is_in_the_page_of_formats(kind: type) -> None:
    assert kind.__name__ in dict(TABLES)


# Two keys each, told where they are used, or never a file of their own.
TOLD_IN_PLACE = {"AxisCounts", "BySplit", "ClassCounts", "CohortTable", "LabelRates", "Nulls", "ProbeReport"}
TOLD_IN_PLACE |= {"PromptsId", "StudyRecipe", "TargetReports"}


def test_every_record_of_a_report_is_in_the_page_of_formats() -> None:
    own = [
        kind
        for module in (evidence, fit)
        for kind in vars(module).values()
        if getattr(kind, "__module__", "") == module.__name__
    ]
    records = {kind.__name__ for kind in own if isinstance(kind, type) and issubclass(kind, Shown)}
    assert len(records) > 30 and records - TOLD_IN_PLACE <= set(dict(TABLES))
    assert records >= TOLD_IN_PLACE
