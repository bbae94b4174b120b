"""A model's files from the Hugging Face hub, or one sentence that says why they are not here and what to do.

The hub's own client honours HF_HUB_OFFLINE, HF_HOME, HF_TOKEN and HF_ENDPOINT, and keeps its own cache.
"""

from __future__ import annotations

from pathlib import Path

from hooks.models.checkpoint import PATTERNS
from interp.errors import InputError

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
    from huggingface_hub import errors, snapshot_download

    try:
        found = snapshot_download(
            repo,
            revision=revision,
            allow_patterns=[*PATTERNS],
            ignore_patterns=[SUBDIRECTORIES],
            local_files_only=not _answers(repo, revision),
        )
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
    return Path(found)


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
