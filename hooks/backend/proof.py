"""A hook is believed only after it has moved something: the checks that run when a model is opened.

Two passes over three equal rows of a few tokens: one with every hook attached, where row 1 has a head of every layer
scaled by 0 and row 2 the same heads by 1, and one with nothing attached. What was read is then recomputed from the
model's own weights.
"""

from __future__ import annotations

import torch

from hooks.backend.hook import Hook, HookError, Read
from hooks.backend.protocol import Pass, Steps
from interp.records.answers import HeadScale
from interp.records.arrays import Site

PLAIN, ABLATED, UNIT = 0, 1, 2
PROBE_IDS = (3, 5, 7)
VOCABULARY_CHECKED = 1024  # rows of the unembedding; all of them would cost as much as a pass


def prove(model: Steps) -> None:
    """Raise HookError unless reading and scaling do what they say on this very model."""
    head = tuple((layer, 0) for layer in model.geometry.attention)
    ids = torch.tensor([PROBE_IDS] * 3, device=model.device) % model.geometry.vocab
    mask = torch.ones_like(ids)
    before = model.n_attached()
    with model.scaled([None, HeadScale(head, 0.0), HeadScale(head, 1.0)]):
        hooked = model.step(ids, mask, _reads(model))
    plain = model.step(ids, mask)
    if model.n_attached() != before:
        raise _failed(model, f"{model.n_attached() - before} hooks were left attached to the model")
    _check_logits(model, hooked.logits, plain.logits, bool(head))
    _check_final(model, hooked)
    for layer in model.geometry.attention:
        _check_heads(model, hooked, layer)


def _reads(model: Steps) -> list[Read]:
    last = model.geometry.n_layers - 1
    hooks = [Hook(site, layer) for layer in model.geometry.attention for site in (Site.Z, Site.ATTN_OUT)]
    return [Read(hook) for hook in (*hooks, Hook(Site.RESID_POST, last), Hook(Site.LN_FINAL, last))]


def _check_logits(model: Steps, hooked: torch.Tensor, plain: torch.Tensor, has_heads: bool) -> None:
    if not torch.isfinite(plain).all():
        raise _failed(model, "the logits are not finite numbers; try another dtype or attention")
    for row, what in ((PLAIN, "reading"), (UNIT, "scaling heads by 1")):
        if not torch.equal(hooked[row], plain[row]):
            raise _failed(model, f"{what} changed the logits")
    if has_heads and torch.equal(hooked[ABLATED], plain[ABLATED]):
        raise _failed(model, "scaling heads by 0 did not change the logits")


def _check_final(model: Steps, hooked: Pass) -> None:
    """The norm of the last residual is ln_final, and ln_final times the unembedding points along the logits."""
    last = model.geometry.n_layers - 1
    residual, final = (hooked.values[Read(Hook(site, last))] for site in (Site.RESID_POST, Site.LN_FINAL))
    if not _near(model.parts.norm(residual.to(model.dtype)), final, model.dtype):
        raise _failed(model, "the norm of resid_post is not what was read at ln_final")
    weight = model.parts.unembedding[:VOCABULARY_CHECKED]
    expected = (final.to(model.dtype) @ weight.T).float()
    given = hooked.logits[:, -1, : len(weight)].float()
    if (cap := model.parts.softcap) is not None:
        expected = cap * torch.tanh(expected / cap)
    # A cosine, because some families multiply their logits by a constant.
    if torch.nn.functional.cosine_similarity(expected, given, dim=-1).min() < 1 - _tolerance(model.dtype):
        raise _failed(model, "ln_final times the unembedding is not the model's logits")


def _check_heads(model: Steps, hooked: Pass, layer: int) -> None:
    """Head 0 of the ablated row, and only it, is zero, and o_proj went on with exactly that."""
    z = hooked.values[Read(Hook(Site.Z, layer))]
    if z[ABLATED, 0].any() or not z[PLAIN].any(-1).all():
        raise _failed(model, f"scaling head 0 of layer {layer} did not clear its slice of z, and only it")
    if layer == min(model.geometry.attention) and not _near(z[ABLATED, 1:], z[PLAIN, 1:], model.dtype):
        raise _failed(model, f"scaling head 0 of layer {layer} changed the slice of another head")
    expected = model.parts.projections[layer](z.flatten(1).to(model.dtype))
    if not _near(expected, hooked.values[Read(Hook(Site.ATTN_OUT, layer))], model.dtype):
        raise _failed(model, f"the output projection of layer {layer} did not go on with the scaled heads")


def _near(a: torch.Tensor, b: torch.Tensor, dtype: torch.dtype) -> bool:
    if not b.numel():
        return True
    return bool((a.float() - b.float()).abs().max() <= _tolerance(dtype) * b.float().abs().max())


def _tolerance(dtype: torch.dtype) -> float:
    return 1e-4 if dtype in (torch.float32, torch.float64) else 3e-2


def _failed(model: Steps, why: str) -> HookError:
    return HookError(
        f"The {model.name} hooks failed their proof on {model.model_id.name}: {why}. Do not trust this combination; "
        "use another --backend, --dtype or --attn."
    )
