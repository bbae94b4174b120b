"""Open a model by name, hub id or directory, with the hooks of one backend."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import torch
from huggingface_hub.errors import StrictDataclassError

from hooks.backend.base import HookedModel
from hooks.backend.hook import HookError
from hooks.backend.proof import reshaped
from hooks.family.room import free
from hooks.models.spec import ModelSpec
from hooks.models.tensors import check_weights, unloadable
from interp.errors import InputError
from interp.records.loaded import ModelId
from interp.runs.files import read_json

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16, "float64": torch.float64}
ATTENTION = ("eager", "sdpa", "flash_attention_2", "flex_attention")
# Each backend's own attention; TransformerLens computes attention eagerly whatever it is told.
DEFAULT_ATTENTION: dict[str, str] = {"torch": "sdpa", "nnsight": "sdpa", "transformer_lens": "eager"}
# Code that comes with a checkpoint is never run, and nobody is asked whether it may be.
SAFELY: Any = {"local_files_only": True, "trust_remote_code": False}
_COMPARED = 24  # tokens of the pass that eager attention and sdpa are compared on: biases by distance need some
# What transformers says of a family that lacks an attention implementation.
NO_ATTENTION = ("does not support an attention implementation", "does not support Flash Attention")
# What transformers raises over files that are not what they should be, by the field that is wrong.
UNLOADABLE = (
    *(OSError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, ImportError, RuntimeError),
    StrictDataclassError,
)


def open_backend(
    name: str | Path | ModelSpec,
    *,
    backend: str = "torch",
    revision: str | None = None,
    dtype: str = "auto",
    device: str = "auto",
    attn: str | None = None,
    weights: Literal["embedded", "hub"] | None = None,
    prove: bool = True,
) -> HookedModel:
    """Load a model and return it with hooks that have proved themselves.

    Args:
        name: a short name, a hub id, a local directory, or a ModelSpec.
        backend: `torch` (the reference), `nnsight` or `transformer_lens`.
        revision: hub branch, tag or commit.
        dtype: auto (float32 on CPU, bfloat16 on an accelerator), or a torch floating type by name.
        device: auto (CUDA where there is one), cpu, cuda, cuda:1, mps.
        attn: attention implementation of transformers; None is the backend's own.
        weights: where to take them from; None is embedded where there are embedded weights, else the hub.
        prove: run the hook proofs; skipping them is visible as `.proof`.
    """
    from hooks.models.catalogue import locate, resolve

    kind = _backend_class(backend)
    where = choose_device(device)
    number = choose_dtype(dtype, where)
    attention = choose_attention(attn, backend)
    spec = name if isinstance(name, ModelSpec) else resolve(str(name), revision)
    found = locate(spec, weights=weights)
    model, tokenizer = load(Path(found.directory), number, attention, where, fall_back=attn is None)
    found.check_unchanged()
    if prove and model.config._attn_implementation == "eager":
        check_eager(model)
    model_id = ModelId(
        name=spec.name,
        source=found.source,
        repo=found.repo,
        commit=found.commit,
        dtype=str(number).removeprefix("torch."),
        device=str(where),
        attn=model.config._attn_implementation,
    )
    opened = kind(model, tokenizer, model_id)
    if prove:
        opened.prove()
    return opened


def load(
    directory: Path, dtype: torch.dtype, attn: str, device: torch.device, *, fall_back: bool = False
) -> tuple[Any, Any]:
    """Return the causal language model and tokenizer in a directory.

    With `fall_back`, a family that does not have `attn` gets its eager attention, which every family has.

    Raises:
        HookError: files that cannot be loaded, weights that do not fill the model exactly, or no such attention.
    """
    tokenizer = load_tokenizer(directory)
    with quiet(), sayable(directory):
        try:
            model, info = _load_model(directory, dtype, attn)
        except ValueError as error:
            if not any(said in str(error) for said in NO_ATTENTION):
                raise
            if not fall_back:
                raise HookError(
                    f"The model in {directory} has no {attn} attention in transformers; write --attn eager, or leave "
                    "--attn out."
                ) from error
            model, info = _load_model(directory, dtype, "eager")
    check_weights(model, info, directory)
    return model.to(device).eval().requires_grad_(False), tokenizer


def _load_model(directory: Path, dtype: torch.dtype, attn: str) -> tuple[Any, Any]:
    """Return the model, and what transformers says of how its weights filled it."""
    from transformers import AutoModelForCausalLM

    auto: Any = AutoModelForCausalLM
    return auto.from_pretrained(
        directory,
        dtype=dtype,
        attn_implementation=attn,
        **SAFELY,
        use_safetensors=True,
        ignore_mismatched_sizes=True,  # they are told by name by check_weights
        output_loading_info=True,
    )


def check_eager(model: Any) -> None:
    """Refuse eager attention that is not the attention of the family's default, sdpa.

    transformers 5.23 adds ALiBi twice in the eager attention of Falcon, for one. TransformerLens has no other.

    Raises:
        HookError: the two give other logits.
    """
    if not model._supports_sdpa:
        return
    with _in_float32(model):
        same = _eager_is_sdpa(model)
    if same is None:  # something in it wants its own format
        same = _eager_is_sdpa(model)
    if same is False:
        raise HookError(
            f"The eager attention of {type(model).__name__} in this transformers gives other logits than its default, "
            "sdpa; use --attn sdpa with the torch or nnsight backend (TransformerLens computes attention eagerly)."
        )


def _eager_is_sdpa(model: Any) -> bool | None:
    """Whether both give the same logits but for rounding; None where a pass fails whatever its attention is."""
    vocabulary = model.config.get_text_config().vocab_size
    ids = torch.arange(7, 7 + _COMPARED, device=model.device)[None] % vocabulary
    with torch.no_grad(), quiet():
        try:
            eager = model(input_ids=ids, use_cache=False).logits
        except UNLOADABLE:  # the proof says how
            return None
        try:
            _set_attention(model, "sdpa")
            default = model(input_ids=ids, use_cache=False).logits
        finally:
            _set_attention(model, "eager")
    return reshaped(eager[0], default[0], next(model.parameters()).dtype)


@contextlib.contextmanager
def _in_float32(model: Any) -> Iterator[None]:
    """Hold the numbers of a model in float32 for a while, where there is room for them.

    In bfloat16 the two attentions of one sound model of 24 layers differ by 7 to 20 % of their logits, as much as each
    differs from float32; nothing smaller than that could be told there. Every half number has its float32 and back.
    """
    half = [t for t in (*model.parameters(), *model.buffers()) if t.dtype in (torch.float16, torch.bfloat16)]
    held = [(tensor, tensor.dtype) for tensor in half]
    if sum(tensor.nbytes for tensor in half) > free(model.device):
        held = []
    try:
        for tensor, _ in held:
            tensor.data = tensor.data.float()
        yield
    finally:
        for tensor, dtype in held:
            tensor.data = tensor.data.to(dtype)


def _set_attention(model: Any, name: str) -> None:
    """Set the attention implementation; older families ask their configuration for it, and nothing but that."""
    model.set_attn_implementation(name)
    for module in model.modules():
        config: Any = getattr(module, "config", None)
        if getattr(config, "_attn_implementation", name) != name:
            config._attn_implementation = name


def load_tokenizer(directory: Path) -> Any:
    """Return the tokenizer in a directory, which puts a BOS before bare text where its configuration says so.

    transformers 5 does not read `add_bos_token` beside a tokenizer.json; DeepSeek-V3 says it nowhere else.

    Raises:
        HookError: it cannot be loaded.
    """
    from transformers import AutoTokenizer

    with quiet(), sayable(directory):
        made: Any = AutoTokenizer.from_pretrained(directory, **SAFELY)
        if _wants_bos(directory) and made.bos_token_id is not None and _is_bare(made):
            made.add_bos_token = True
        return made


def _wants_bos(directory: Path) -> bool:
    file = directory / "tokenizer_config.json"
    return file.is_file() and read_json(file, finite=False).get("add_bos_token") is True


def _is_bare(tokenizer: Any) -> bool:
    """Return whether nothing stands before the text; a tokenizer that puts anything there is left as it is."""
    with_specials, without = (tokenizer("a", add_special_tokens=specials)["input_ids"] for specials in (True, False))
    return bool(with_specials[: len(without)] == without)


@contextlib.contextmanager
def sayable(directory: Path) -> Iterator[None]:
    """Turn what transformers raises over files into one sentence that says what can be done."""
    try:
        yield
    except UNLOADABLE as error:
        raise HookError(f"The model in {directory} could not be loaded: {unloadable(error, directory)}") from error


def choose_device(device: str) -> torch.device:
    """Return the device; `auto` is CUDA where there is one, else the CPU."""
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        chosen = torch.device(device)
    except RuntimeError:
        raise InputError(f"{device!r} is no device; write auto, cpu, cuda, cuda:1 or mps.") from None
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not available.get(chosen.type, False):
        raise InputError(f"The device {device!r} is not available here; write --device cpu or auto.")
    return chosen


def choose_dtype(dtype: str, device: torch.device) -> torch.dtype:
    """Return the number format; `auto` is float32 on the CPU and bfloat16 elsewhere."""
    if dtype == "auto":
        return torch.float32 if device.type == "cpu" else torch.bfloat16
    if dtype not in DTYPES:
        raise InputError(f"{dtype!r} is no known dtype; write auto, {', '.join(DTYPES)}.")
    return DTYPES[dtype]


def choose_attention(attn: str | None, backend: str) -> str:
    """Return the attention implementation: the one asked for, if the backend can keep it."""
    if attn is None:
        return DEFAULT_ATTENTION[backend]
    if attn not in ATTENTION:
        raise InputError(f"{attn!r} is no known attention implementation; write one of {', '.join(ATTENTION)}.")
    if backend == "transformer_lens" and attn != "eager":
        raise InputError(f"TransformerLens computes attention eagerly; leave out --attn {attn} or use another backend.")
    return attn


def _backend_class(backend: str) -> type[HookedModel]:
    """Import only the backend that is used."""
    if backend == "torch":
        from hooks.backend.torch_hooks import TorchBackend

        return TorchBackend
    if backend == "nnsight":
        from hooks.backend.nnsight_trace import NnsightBackend

        return NnsightBackend
    if backend == "transformer_lens":
        from hooks.backend.transformer_lens_bridge import TransformerLensBackend

        return TransformerLensBackend
    raise InputError(f"{backend!r} is no backend; write torch, nnsight or transformer_lens.")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Silence the notes and progress bars of transformers while a model loads, and restore them afterwards."""
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
