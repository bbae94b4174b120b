"""What names the run, or the published file, that a result was made from."""

from __future__ import annotations

from dataclasses import dataclass

from interp.records.shown import Shown


@dataclass(frozen=True, slots=True)
class RunIdentity(Shown):
    """What names a run in a result made from it: path-free, so that equal runs give equal results."""

    directory: str
    manifest_sha256: str
    model: str
    prompts: str


@dataclass(frozen=True, slots=True)
class PublishedFile(Shown):
    """The file of the published study that a result was read from."""

    paper: str
    file: str
    sha256: str
