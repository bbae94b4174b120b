"""Hook names in three dialects -> our own `Hook`.

ours             TransformerLens                                transformers module (nnsight adds .input or .output)
resid_post.3     blocks.3.hook_resid_post, blocks.3.hook_out    model.layers.3
z.3              blocks.3.attn.hook_z                           model.layers.3.self_attn.o_proj
attn_out.3       blocks.3.attn.hook_out                         model.layers.3.self_attn.o_proj.output
ln_final         ln_final.hook_out                              model.norm

A bare o_proj means what it reads, because that is where heads are read and scaled. `blocks.3.hook_attn_out` and
`ln_final.hook_normalized` are left out: in some families they are other tensors.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from hooks.backend.geometry import Geometry
from hooks.backend.hook import Hook, HookError
from interp.records.arrays import Site

_NUMBER = re.compile(r"-?[0-9]+")


def parse_hook(name: str, geometry: Geometry, names: Mapping[str, Hook] | None = None) -> Hook:
    """Return the hook that a name of any dialect means in this model; HookError suggests the nearest name.

    `names` is what `hook_names` returns for the same geometry, given by callers that look up many.
    """
    names = hook_names(geometry) if names is None else names
    if name not in names:
        close = next((known for known in names if _slipped(name, known)), None)
        guess = f" (did you mean {close}?)" if close else ""
        last = geometry.n_layers - 1
        raise HookError(
            f"{name!r} is no hook of this model that is read here{guess}; write ln_final, resid_post.N, z.N or "
            f"attn_out.N with N from 0 to {last}, or the TransformerLens or transformers name of the same place."
        )
    return geometry.check(names[name])


def _slipped(typed: str, known: str) -> bool:
    """Whether a name is meant and was typed with up to two letters too many, too few, or in the wrong case.

    Never more: q_proj is one letter from o_proj, hook_attn_out five from hook_out, and both are other tensors.
    """
    if _NUMBER.findall(typed) != _NUMBER.findall(known):
        return False
    short, long = sorted((typed.lower(), known.lower()), key=len)
    letters = iter(long)
    return len(long) - len(short) <= 2 and all(letter in letters for letter in short)


def hook_names(geometry: Geometry) -> dict[str, Hook]:
    """Return every accepted name; z of a layer without o_proj is listed too, to be refused with a better sentence."""
    final = Hook(Site.LN_FINAL, geometry.n_layers - 1)
    names = {str(final): final, "ln_final": final, "ln_final.hook_out": final}
    names |= {geometry.norm: final, f"{geometry.norm}.output": final}
    for layer in range(geometry.n_layers):
        names |= _block_names(layer, f"{geometry.layers}.{layer}")
        if layer in geometry.attention:
            names |= _projection_names(layer, geometry.attention[layer].path)
    return names


def _block_names(layer: int, path: str) -> dict[str, Hook]:
    residual, z, out = (Hook(site, layer) for site in (Site.RESID_POST, Site.Z, Site.ATTN_OUT))
    block = f"blocks.{layer}"
    return {
        **dict.fromkeys((str(residual), f"{block}.hook_resid_post", f"{block}.hook_out"), residual),
        **dict.fromkeys((path, f"{path}.output"), residual),
        **dict.fromkeys((str(z), f"{block}.attn.hook_z"), z),
        **dict.fromkeys((str(out), f"{block}.attn.hook_out", f"{block}.attn.o.hook_out"), out),
    }


def _projection_names(layer: int, path: str) -> dict[str, Hook]:
    z, out = Hook(Site.Z, layer), Hook(Site.ATTN_OUT, layer)
    return {path: z, f"{path}.input": z, f"{path}.output": out}
