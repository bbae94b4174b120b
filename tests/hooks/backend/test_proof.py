"""The proof at open: it passes on every family, costs little, and catches hooks that lie."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from hooks.agreement.specimens import SPECIMENS
from hooks.backend.base import HookedModel
from hooks.backend.hook import HookError
from hooks.backend.torch_hooks import TorchBackend
from interp.records.arrays import Site

Opened = Callable[..., HookedModel]


@pytest.mark.parametrize("family", sorted(SPECIMENS))
def test_every_family_proves_itself_when_opened(opened: Opened, family: str) -> None:
    assert opened(family).proof == "passed"


class Lying(TorchBackend):
    """A backend whose `lie` says how it errs."""

    lie = ""

    def _call(self, inputs, plan):  # type: ignore[no-untyped-def]
        wrapped = {hook: self._lying(hook, action) for hook, action in plan.items()}
        if self.lie == "leaves a hook" and plan:
            self._attach(next(iter(plan)), lambda _: None)
        output = super()._call(inputs, wrapped)
        if self.lie == "changes weights" and plan:
            self.parts.projections[0].weight.data *= 1.001
        return output

    def _lying(self, hook, action):  # type: ignore[no-untyped-def]
        def act(seen: torch.Tensor) -> torch.Tensor | None:
            if self.lie == "edits are dropped":
                action(seen)
                return None
            if self.lie == "reads another head order" and hook.site is Site.Z:
                edited = action(seen.roll(16, -1))
                return None if edited is None else edited.roll(-16, -1)
            if self.lie == "scales twice" and hook.site is Site.Z and (edited := action(seen)) is not None:
                return edited * 1.5
            if self.lie == "reads the norm's input" and hook.site is Site.LN_FINAL:
                return action(seen * 2 + 1)
            return action(seen)

        return act


@pytest.mark.parametrize(
    ("lie", "sentence"),
    [
        ("edits are dropped", "scaling heads by 0 did not change the logits"),
        ("reads another head order", "the output projection of layer 0 did not go on with the scaled heads"),
        ("scales twice", "reading changed the logits"),
        ("reads the norm's input", "the norm of resid_post is not what was read at ln_final"),
        ("leaves a hook", "1 hooks were left attached"),
        ("changes weights", "reading changed the logits"),
    ],
)
def test_hooks_that_lie_are_caught(specimen: Callable[..., object], lie: str, sentence: str) -> None:
    from hooks.models.loading import open_backend

    honest = open_backend(specimen("qwen3"))
    lying = Lying(honest.hf, honest.tokenizer, honest.model_id)
    lying.prove()
    lying.lie = lie
    with pytest.raises(HookError, match=sentence):
        lying.prove()


def test_a_proof_costs_less_than_a_short_generation(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    model = opened("qwen3")
    passed: list[int] = []
    step = model.step

    def counted(ids, *args, **kwargs):  # type: ignore[no-untyped-def]
        passed.append(ids.numel())
        return step(ids, *args, **kwargs)

    monkeypatch.setattr(model, "step", counted)
    model.prove()
    prompts, prompt, answer = 3, 16, 8
    assert len(passed) <= answer and sum(passed) < prompts * prompt
