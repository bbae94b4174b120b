"""A model's files from the Hugging Face hub, or one sentence that says why they are not here and what to do.

The hub's own client honours HF_HUB_OFFLINE, HF_HOME, HF_TOKEN and HF_ENDPOINT, and keeps its own cache.
"""

from __future__ import annotations

import glob
import hashlib
import os
from pathlib import Path

from hooks.models.checkpoint import INDEX, WEIGHTS, loaded_files, read_shards
from interp.errors import InputError
from interp.runs.files import sha256_file

# What is fetched: configuration, tokenizer and templates of all kinds, and weights under their usual names.
PATTERNS = (
    *("*.json", "*.jinja", "*.model", "*.model.v*", "*.tiktoken", "*.spm", "*.codes", "*.tokenizer"),
    *("merges.txt", "vocab.txt", "dict.txt", "model*.safetensors"),
)
SUBDIRECTORIES = "*/*"  # exports for other programs, and copies


def snapshot(repo: str, revision: str | None, *, instead: str) -> Path:
    """Return the local directory of a repository's loadable files; its name is the commit.

    Args:
        repo: the hub id, `org/name`.
        revision: branch, tag or commit; None is the main branch.
        instead: what else a user without the hub can use, for the message.

    Raises:
        InputError: unreachable and not in the cache, no such repository or revision, gated, or refused.
    """
    from huggingface_hub import errors

    try:
        return _download(repo, revision, offline=not _answers(repo, revision))
    except errors.GatedRepoError as error:
        raise InputError(
            f"{repo} is gated: ask for access at https://huggingface.co/{repo}, then log in with `hf auth login` or "
            "set HF_TOKEN to a token of that account."
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise InputError(
            f"{repo} is neither a directory here nor a repository that you can see on the hub; correct the name, or, "
            "if it is private, log in with `hf auth login` or set HF_TOKEN."
        ) from error
    except errors.RevisionNotFoundError as error:
        raise InputError(
            f"{repo} has no revision {revision!r} on the hub; expected a branch, a tag or a full commit hash."
        ) from error
    except errors.HFValidationError as error:
        raise InputError(f"{repo!r} is no valid hub id; expected `org/name`.") from error
    except errors.LocalEntryNotFoundError as error:
        raise InputError(_unreachable(repo, revision, instead)) from error
    except errors.HTTPError as error:  # type: ignore[attr-defined]  # of the client's own HTTP library
        raise InputError(
            f"{repo} could not be downloaded ({_first_line(error)}); check the network and run the same command again, "
            "which continues it."
        ) from error
    except OSError as error:
        if error.errno is None:
            raise
        raise InputError(
            f"{repo} cannot be kept in the hub's cache ({error.strerror}); free some space or set HF_HOME to a "
            "directory that can be written."
        ) from error


def _download(repo: str, revision: str | None, *, offline: bool) -> Path:
    from huggingface_hub import snapshot_download

    found = snapshot_download(
        repo,
        revision=revision,
        allow_patterns=[*PATTERNS],
        ignore_patterns=[SUBDIRECTORIES],
        local_files_only=offline,
    )
    directory = Path(found)
    if (directory / WEIGHTS).is_file() or not (directory / INDEX).is_file():
        return directory
    lacking = [shard for shard in read_shards(directory) if not (directory / shard).is_file()]
    if lacking:  # shards under names of their own; only the index knows them
        snapshot_download(
            repo, revision=directory.name, allow_patterns=[*map(glob.escape, lacking)], local_files_only=offline
        )
    return directory


def check_blobs(directory: Path, repo: str) -> None:
    """Refuse a file in the hub's cache that is not the commit's own: put there by hand, changed or damaged.

    The cache keeps each file under the hash that the hub gives for it, and the commit's folder holds links to those
    files. In a cache without any links (some systems have none), only the folder's name says which commit it is.

    Raises:
        InputError: a file that loading may open and that is no link into the cache, or not what its hash says.
    """
    files = [directory / name for name in loaded_files(directory)]
    if not any(file.is_symlink() for file in files):
        return
    blobs = directory.parents[1] / "blobs"
    for file in files:
        blob = Path(os.path.normpath(file.parent / file.readlink())) if file.is_symlink() else file
        if blob.parent != blobs or not _is_itself(blob):
            raise InputError(
                f"{file.name} in the hub's cache ({directory}) is not the file of {repo} at this commit: it was put "
                "there, changed or damaged; delete it and run this again, or pass a copy of that directory as the "
                "model."
            )


def _is_itself(blob: Path) -> bool:
    """Return whether a cached file has the hash that it is named by: git's sha1, or the sha256 of a large file."""
    if len(blob.name) == 64:
        return sha256_file(blob) == blob.name
    if len(blob.name) != 40:  # a server that names its files in another way
        return True
    data = blob.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest() == blob.name


def _answers(repo: str, revision: str | None) -> bool:
    """Return whether the hub says anything, good or bad; without a time limit its client may wait for minutes."""
    from huggingface_hub import HfApi, constants, errors

    try:
        HfApi().repo_info(repo, revision=revision, timeout=constants.HF_HUB_ETAG_TIMEOUT)
    except errors.HfHubHTTPError:
        return True
    except (errors.HTTPError, errors.OfflineModeIsEnabled):  # type: ignore[attr-defined]  # of its HTTP library
        return False
    return True


def _unreachable(repo: str, revision: str | None, instead: str) -> str:
    from huggingface_hub import is_offline_mode

    wanted = repo if revision is None else f"{repo} at {revision}"
    reason = "HF_HUB_OFFLINE forbids looking on the hub" if is_offline_mode() else "the hub cannot be reached"
    return (
        f"{wanted} is not (or not wholly) in the hub's cache and {reason}; download it where there is a network (after "
        f"`hf auth login`, if it is gated), pass a local directory, or use {instead}."
    )


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
