"""Whether the tensors of a checkpoint and the model that was built for them are one and the same, key by key.

A tensor that the model has no place for is fine-tuning that would be dropped in silence: an adapter's, a layer beyond
the configuration's number, a part under another name. What may be left over is listed here, and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from hooks.backend.hook import HookError
from interp.runs.files import read_json

# Buffers that older versions of transformers saved and that the model computes for itself.
_COMPUTED = re.compile(r"(^|\.)(inv_freq|original_inv_freq|position_ids|masked_bias|cos_cached|sin_cached)$")
# Parts of a checkpoint for images, sound or video, by the first name that the text model lacks.
_OTHER_SENSES = re.compile(r"(^|_)(vision|visual|vit|image|images|video|audio|speech|sound|multi|multimodal|mm)(_|$)")
_AHEAD = re.compile(r"(^|\.)mtp(_\w+)?\.")  # heads that predict several tokens ahead
_LAYER = re.compile(r"(?:^|\.)layers\.(\d+)\.")
_ADAPTED = re.compile(
    r"(^|[._])(lora|dora|ia3|adapter|adapters|base_layer|modules_to_save)([._]|$)|^base_model\.model\."
)


def check_weights(model: torch.nn.Module, info: Mapping[str, Any], directory: Path) -> None:
    """Refuse a checkpoint that does not fill its model exactly.

    Args:
        model: what was built.
        info: transformers' own account of the loading (`output_loading_info`).
        directory: where the checkpoint is.

    Raises:
        HookError: tensors that are missing, of another shape, or without a place in the model.
    """
    config = read_json(directory / "config.json", finite=False)
    surplus, missing = surplus_keys(info["unexpected_keys"], model, config), sorted(info["missing_keys"])
    adapter = [key for key in surplus if _ADAPTED.search(key)]
    if adapter:
        raise HookError(
            f"The weights in {directory} hold {len(adapter)} tensors of an adapter, the first being {adapter[0]!r}; "
            "they would be dropped in silence. Merge the adapter into the model first (peft: merge_and_unload), and "
            "save that."
        )
    if missing:
        raise HookError(
            f"The model in {directory} lacks {len(missing)} of its weights, the first being {missing[0]!r}; they would "
            f"be random. {_quantized(config)}Download it again, or pass a directory that holds the whole model."
        )
    for name, in_file, in_model in sorted(info.get("mismatched_keys", ())):
        raise HookError(
            f"The model in {directory} could not be loaded: its weights do not fit its config.json, {name!r} is "
            f"{_shape(in_file)} in the file and {_shape(in_model)} in the model. Download it again, or correct the "
            "configuration."
        )
    if surplus:
        raise HookError(
            f"The weights in {directory} hold {len(surplus)} tensors that {type(model).__name__} as its config.json "
            f"describes it has no place for, the first being {surplus[0]!r}; they would be dropped in silence. "
            f"{_quantized(config)}Correct config.json (number of layers, architecture), or save the model again."
        )


def _shape(size: Any) -> str:
    return "x".join(map(str, size)) or "a single number"


def _quantized(config: Any) -> str:
    """Return a sentence on what a configuration says of quantization, or nothing."""
    said = config.get("quantization_config") if isinstance(config, dict) else None
    if not said:
        return ""
    method = said.get("quant_method", "unknown") if isinstance(said, dict) else "unknown"
    return f"Its config.json says that they are quantized (method: {method}). "


def surplus_keys(unexpected: Any, model: torch.nn.Module, config: Any) -> list[str]:
    """Return the tensors of a checkpoint that its model has no place for and that are none of those that may be left.

    Left may be: what transformers declares for the class (it does not report those); buffers that the model computes;
    the towers for other senses of a checkpoint that says that it has some; heads that predict several tokens ahead.
    """
    buffers = {name for name, _ in model.named_buffers()}
    modules = {name for name, _ in model.named_modules()}
    known = config if isinstance(config, dict) else {}
    return sorted(k for k in unexpected if k not in buffers and not _may_be_left(k, modules, known))


def _may_be_left(key: str, modules: set[str], config: Mapping[str, Any]) -> bool:
    if _ADAPTED.search(key):
        return False
    if _COMPUTED.search(key) or _AHEAD.search(key):
        return True
    layer = _LAYER.search(key)
    if layer is not None and int(layer[1]) in _layers_ahead(config):
        return True
    has_senses = any(isinstance(part, dict) and _OTHER_SENSES.search(name) for name, part in config.items())
    return has_senses and bool(_OTHER_SENSES.search(_first_unknown(key, modules)))


def _layers_ahead(config: Mapping[str, Any]) -> range:
    """The numbers of the layers that a configuration says come after the last for predicting further ahead."""
    text = config.get("text_config")
    for part in (config, text if isinstance(text, dict) else {}):
        n, more = part.get("num_hidden_layers"), part.get("num_nextn_predict_layers")
        if isinstance(n, int) and isinstance(more, int):
            return range(n, n + more)
    return range(0)


def _first_unknown(key: str, modules: set[str]) -> str:
    """Return the first name on a tensor's path that is no module of the model."""
    parts = key.split(".")
    return next((parts[i] for i in range(len(parts)) if ".".join(parts[: i + 1]) not in modules), "")


def unloadable(error: Exception, directory: Path) -> str:
    """Return why transformers could not load a directory, as one sentence with what can be done where that is known."""
    said = " ".join(str(error).split())
    config = read_json(directory / "config.json", finite=False)
    if "trust_remote_code" in said:
        return (
            "it needs Python code of its own, which is never run here. Pass a checkpoint of an architecture that "
            "transformers knows."
        )
    first = said.split(". ")[0].rstrip(".") + "."
    quantized = _quantized(config)
    if quantized:
        return f"{first} {quantized}Install what is missing, or pass the checkpoint as it was before."
    return first
