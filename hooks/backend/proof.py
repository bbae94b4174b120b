"""A hook is believed only after it has moved something: the checks that run when a model is opened.

A long and a short row of a few tokens, the short one padded on the left, go through the model as a batch, as a prompt
and one step from its cache, and one by one. Reads hang everywhere; in the short row one head of every layer is scaled
by 0 and another by 0.9. What was read is then recomputed from the model's own weights, and held against what plain
hooks on the model's own modules saw (`hooks.family.witness`) and against the model without any hook.

Two passes of one shape must agree bit by bit: reading, and scaling by 1, change nothing. Passes of other shapes round
in another order, experts most of all, and must agree within a tolerance.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import torch

from hooks.backend.actions import scaled as multiplied
from hooks.backend.hook import Hook, HookError, Read
from hooks.backend.protocol import Pass, Steps
from hooks.family import anatomy
from hooks.family.witness import Witness, witnessed
from interp.records.answers import HeadScale
from interp.records.arrays import Site

LONG, SHORT = 0, 1
ROWS = ((9, 30, 12, 41, 17), (23, 11, 35))
FACTOR = 0.9  # no power of two: rounded to bfloat16 it would be 0.8984
VOCABULARY_CHECKED = 1024  # rows of the unembedding; all of them would cost as much as a pass
# Over the families of `python -m hooks.matrix --families`, what is recomputed from the same tensors moved by up to 7e-7
# of its size in float32 and 3e-3 in bfloat16; what a pass of another shape gives, by 8e-6 and 2e-2, and by more in deep
# models. What is wrong moves states by a tenth and more.
RECOMPUTED = {torch.float32: 1e-4, torch.float64: 1e-4}
RESHAPED = {torch.float32: 1e-3, torch.float64: 1e-3}
RECOMPUTED_HALF, RESHAPED_HALF = 3e-2, 0.1


def prove(model: Steps) -> None:
    """Raise HookError unless reading, scaling, padding and the cache do what they say on this very model."""
    _check_counts(model)
    ids, mask = _batch(model)
    plain = _check_reads_alone(model, ids, mask)
    with _edited(model, [LONG, SHORT]), witnessed(*model.watched()) as seen:
        edited = model.step(ids, mask, _reads(model))
    _check_ran_once(model, seen)
    _check_edit(model, edited, plain)
    _check_witness(model, edited, seen)
    _check_final(model, edited)
    _check_cache(model, ids, mask, edited, plain)
    _check_alone(model, ids, mask, edited)
    _check_positions(model, ids, plain)


def _batch(model: Steps) -> tuple[torch.Tensor, torch.Tensor]:
    width = max(map(len, ROWS))
    ids = torch.tensor([[0] * (width - len(row)) + list(row) for row in ROWS], device=model.device)
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in ROWS], device=model.device)
    return ids % model.geometry.vocab, mask


def _reads(model: Steps) -> list[Read]:
    last = model.geometry.n_layers - 1
    hooks = [Hook(site, layer) for layer in model.geometry.attention for site in (Site.Z, Site.ATTN_OUT)]
    states = [Hook(Site.RESID_POST, layer) for layer in range(last + 1)]
    return [Read(hook) for hook in (*hooks, *states, Hook(Site.LN_FINAL, last))]


@contextmanager
def _edited(model: Steps, rows: Sequence[int], factors: tuple[float, float] = (0.0, FACTOR)) -> Iterator[None]:
    """Scale head 0 and the last head of every layer in the short row, each by its factor."""
    heads = model.geometry.attention
    first = tuple((layer, 0) for layer in heads)
    last = tuple((layer, heads[layer].n_heads - 1) for layer in heads if heads[layer].n_heads > 1)
    with ExitStack() as stack:
        for chosen, factor in zip((first, last), factors, strict=True):
            if chosen:
                stack.enter_context(model.scaled([HeadScale(chosen, factor) if row == SHORT else None for row in rows]))
        yield


def _check_counts(model: Steps) -> None:
    """The configuration counts as many heads as the geometry has."""
    for layer, heads in model.geometry.attention.items():
        configured = anatomy.configured_heads(anatomy.text_config(model.hf), layer)
        if configured is not None and configured != heads.n_heads:
            raise _failed(
                model, f"layer {layer} was split into {heads.n_heads} heads, but the configuration counts {configured}"
            )


def _check_reads_alone(model: Steps, ids: torch.Tensor, mask: torch.Tensor) -> Pass:
    """Reading everywhere, with heads scaled by 1, leaves the logits of the bare model as they are, bit by bit."""
    before = model.n_attached()
    with _edited(model, [LONG, SHORT], factors=(1.0, 1.0)):
        plain = model.step(ids, mask, _reads(model))
    if model.n_attached() != before:
        raise _failed(model, f"{model.n_attached() - before} hooks were left attached to the model")
    bare = model.bare(ids, mask)
    if not torch.isfinite(bare).all():
        raise _failed(model, "the logits are not finite numbers; try another dtype or attention")
    if torch.equal(plain.logits, bare):
        return plain
    if not torch.equal(model.bare(ids, mask), bare):
        raise _failed(model, "the model itself gives other logits every time, without any hook")
    read = torch.equal(model.step(ids, mask, _reads(model)).logits, bare)
    raise _failed(model, f"reading changed the logits{' where heads were scaled by 1' if read else ''}")


def _check_edit(model: Steps, edited: Pass, plain: Pass) -> None:
    """The heads of the short row, and only they, were scaled, by exactly their factor, and o_proj went on with that."""
    if model.geometry.attention and torch.equal(edited.logits[SHORT], plain.logits[SHORT]):
        if reshaped(edited.logits[LONG], plain.logits[LONG], model.dtype):
            raise _failed(model, "scaling heads by 0 did not change the logits")
        raise _failed(model, "the edit of one row of a batch landed in another")
    for layer in model.geometry.attention:
        z = edited.values[Read(Hook(Site.Z, layer))]
        if z[SHORT, 0].any() or not z[LONG].any(-1).all():
            raise _failed(model, f"scaling head 0 of layer {layer} did not clear its slice of z, and only it")
        expected = model.parts.projections[layer](z.flatten(1).to(model.dtype))
        if not recomputed(expected, edited.values[Read(Hook(Site.ATTN_OUT, layer))], model.dtype):
            raise _failed(model, f"the output projection of layer {layer} did not go on with the scaled heads")
    if not model.geometry.attention:
        return
    if not reshaped(edited.logits[LONG], plain.logits[LONG], model.dtype):
        raise _failed(model, "scaling heads of one row changed the logits of another")
    layer = min(model.geometry.attention)  # nothing that comes before it was edited
    z, before = (given.values[Read(Hook(Site.Z, layer))].to(model.dtype) for given in (edited, plain))
    factors = torch.ones(
        before.shape[1], 1, device=before.device, dtype=torch.promote_types(model.dtype, torch.float32)
    )
    factors[0] *= 0.0
    factors[-1] *= FACTOR if len(factors) > 1 else 1.0
    wanted = multiplied(before[SHORT], factors)
    if not recomputed(z[SHORT, :-1], wanted[:-1], model.dtype):
        raise _failed(model, f"scaling head 0 of layer {layer} changed the slice of another head")
    if not torch.equal(z[SHORT], wanted):
        raise _failed(model, f"a head of layer {layer} was not scaled by {FACTOR} but by another factor near it")


def _check_ran_once(model: Steps, seen: Witness) -> None:
    """Every block runs once in a pass; a model that runs one at several depths has no one state after it."""
    for layer in range(model.geometry.n_layers):
        if (times := len(seen.blocks.get(layer, []))) != 1:
            raise _failed(model, f"block {layer} ran {times} times in one pass, so that no one state follows it")


def _check_witness(model: Steps, edited: Pass, seen: Witness) -> None:
    """Every block gave what was read after it, and no z was overwritten in place."""
    for layer in range(model.geometry.n_layers):
        if not torch.equal(edited.values[Read(Hook(Site.RESID_POST, layer))], seen.blocks[layer][0][:, -1].float()):
            raise _failed(model, f"what was read at resid_post.{layer} is not what block {layer} gave")
    if overwritten := seen.edited_in_place():
        raise _failed(model, f"z of layer {overwritten[0]} was edited in place, where a new tensor must take its place")


def _check_final(model: Steps, edited: Pass) -> None:
    """The norm of the last residual is ln_final, and ln_final through the unembedding points along the logits."""
    last = model.geometry.n_layers - 1
    residual, final = (edited.values[Read(Hook(site, last))] for site in (Site.RESID_POST, Site.LN_FINAL))
    normed = residual if model.geometry.ends_in_norm else model.parts.norm(residual.to(model.dtype))
    if not recomputed(normed, final, model.dtype):
        raise _failed(model, "the norm of resid_post is not what was read at ln_final")
    expected = model.unembed(final.to(model.dtype), VOCABULARY_CHECKED)
    if expected is None:
        return
    given = edited.logits[:, -1, : expected.shape[-1]].float()
    if (cap := model.parts.softcap) is not None:
        expected = cap * torch.tanh(expected / cap)
    else:  # up to a factor, because some families multiply their logits by a constant
        expected = expected * ((expected * given).sum() / expected.square().sum())
    if not recomputed(expected, given, model.dtype):
        raise _failed(model, "ln_final times the unembedding is not the model's logits")


def _check_cache(model: Steps, ids: torch.Tensor, mask: torch.Tensor, edited: Pass, plain: Pass) -> None:
    """The prompt and one step from its cache, scaled alike, give what the whole text gives at once."""
    with _edited(model, [LONG, SHORT]):
        what = _differs(model, _prompt_and_step(model, ids, mask), edited, slice(None))
    if not what:
        return
    if _differs(model, _prompt_and_step(model, ids, mask), plain, slice(None)):
        raise _failed(model, f"a step from the cache has other {what} than the whole text at once")
    raise _failed(model, f"scaling acts on a prompt, but not on a step from its cache, which has other {what}")


def _prompt_and_step(model: Steps, ids: torch.Tensor, mask: torch.Tensor) -> Pass:
    prompt = model.step(ids[:, :-1], mask[:, :-1], use_cache=True)
    return model.step(ids[:, -1:], mask, _reads(model), cache=prompt.cache, use_cache=True)


def _check_alone(model: Steps, ids: torch.Tensor, mask: torch.Tensor, edited: Pass) -> None:
    """Each row of the batch is what that row is alone, without padding."""
    for row in (LONG, SHORT):
        own = mask[row].bool()
        with _edited(model, [row]):
            alone = model.step(ids[row, own][None], mask[row, own][None], _reads(model))
        what = _differs(model, alone, edited, slice(row, row + 1))
        if what:
            padded = "a row that is padded on the left" if row == SHORT else "a row of a batch"
            raise _failed(model, f"{padded} has other {what} than that row alone")


def _check_positions(model: Steps, ids: torch.Tensor, plain: Pass) -> None:
    """The positions that `generate` gives, counted from 0, are those that the model's own forward counts."""
    if not reshaped(model.bare(ids[LONG : LONG + 1]), plain.logits[LONG : LONG + 1], model.dtype):
        raise HookError(
            f"{model.model_id.name} counts positions otherwise where it is given the tokens alone than transformers' "
            "generate counts them for it (RoBERTa and its kin begin behind the padding's id), so that nobody can say "
            "which positions it was trained on; choose another model."
        )


def _differs(model: Steps, given: Pass, expected: Pass, rows: slice) -> str:
    """Return what differs: the logits, or the first place whose states do; "" where nothing does."""
    for read in _reads(model):
        if not reshaped(given.values[read], expected.values[read][rows], model.dtype):
            return f"states ({read.hook})"
    return "" if reshaped(given.logits, expected.logits[rows], model.dtype) else "logits"


def recomputed(a: torch.Tensor, b: torch.Tensor, dtype: torch.dtype) -> bool:
    """Whether two tensors that were computed from the same numbers are one but for rounding."""
    return _within(a, b, RECOMPUTED.get(dtype, RECOMPUTED_HALF))


def reshaped(a: torch.Tensor, b: torch.Tensor, dtype: torch.dtype) -> bool:
    """Whether what passes of different shapes gave is one but for rounding on the way."""
    return _within(a, b, RESHAPED.get(dtype, RESHAPED_HALF))


def _within(a: torch.Tensor, b: torch.Tensor, allowed: float) -> bool:
    """Whether each row's difference is small beside the row."""
    if a.shape != b.shape:
        return False
    a, b = (x.float().reshape(len(x), -1) for x in (a, b))
    return bool(((a - b).norm(dim=-1) <= allowed * b.norm(dim=-1)).all())


def _failed(model: Steps, why: str) -> HookError:
    return HookError(
        f"The {model.name} hooks failed their proof on {model.model_id.name}: {why}. Do not trust this combination; "
        "use another --backend, --dtype or --attn."
    )
