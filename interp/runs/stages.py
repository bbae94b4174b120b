"""The stages of an unfinished run: what one has written is believed by the next only as it was written.

Until `run.json` names every file with its sha256, `parts/stages.json` does so for the files of the stages that are
done. It is dropped with the parts when the run is closed.
"""

from __future__ import annotations

from interp.errors import InputError
from interp.runs.directory import Run
from interp.runs.files import read_json, sha256_file, write_json


def end_stage(run: Run, *names: str) -> None:
    """Record the files that a stage has written, by their names; those that it did not write are left out."""
    run.check_place()
    there = [name for name in names if (run.path / name).is_file()]
    write_json(run.journal, _journal(run) | {name: sha256_file(run.path / name) for name in there})


def stage_done(run: Run, *names: str) -> bool:
    """Return whether all of these files are there and recorded; where not, their stage is to be done (again).

    Of a finished run, which is checked against its manifest when it is opened, they need only be there.

    Raises:
        InputError: a file is recorded and there, but not as it was written.
    """
    if run.complete:
        return all((run.path / name).is_file() for name in names)
    recorded = _journal(run)
    for name, digest in recorded.items():
        file = run.path / name
        if file.is_file() and sha256_file(file) != digest:
            raise InputError(
                f"{file} is not what this run wrote: it was changed or damaged since; restore it, or delete the "
                "directory to run again."
            )
    return all(name in recorded and (run.path / name).is_file() for name in names)


def _journal(run: Run) -> dict[str, str]:
    if not run.journal.is_file():
        return {}
    found = read_json(run.journal)
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise InputError(f"{run.journal} does not name files with their sha256; delete the directory to run again.")
    return found
