"""Three dialects of hook names, one meaning."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hooks.answers.ask import read
from hooks.backend.base import HookedModel
from hooks.backend.hook import HookError
from hooks.backend.names import hook_names, parse_hook
from interp.records.arrays import Site

Opened = Callable[..., HookedModel]


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("z.3", "z.3"),
        ("blocks.3.attn.hook_z", "z.3"),
        ("model.layers.3.self_attn.o_proj", "z.3"),
        ("model.layers.3.self_attn.o_proj.input", "z.3"),
        ("model.layers.3.self_attn.o_proj.output", "attn_out.3"),
        ("blocks.3.attn.hook_out", "attn_out.3"),
        ("blocks.7.hook_resid_post", "resid_post.7"),
        ("model.layers.7", "resid_post.7"),
        ("ln_final", "ln_final.27"),
        ("ln_final.hook_out", "ln_final.27"),
        ("model.norm", "ln_final.27"),
    ],
)
def test_a_place_has_one_name_of_ours(opened: Opened, name: str, meaning: str) -> None:
    assert str(parse_hook(name, opened("qwen3").geometry)) == meaning


def test_our_names_are_read_back(opened: Opened) -> None:
    geometry = opened("qwen3.5").geometry
    for hook in set(hook_names(geometry).values()):
        if hook.site is Site.RESID_POST or hook.layer in geometry.attention:
            assert parse_hook(str(hook), geometry) == hook


def test_unknown_names_are_refused_with_the_nearest_one(opened: Opened) -> None:
    geometry = opened("qwen3").geometry
    with pytest.raises(HookError, match=r"did you mean blocks\.3\.attn\.hook_z\?"):
        parse_hook("blocks.3.attn.hook_zz", geometry)
    for name in ("resid_post.-1", "model.layers.3.mlp", "model.layers.3.self_attn.q_proj", "blocks.3.hook_resid_pre"):
        with pytest.raises(HookError, match=r"read here; write .* from 0 to 27"):
            parse_hook(name, geometry)
    for typed, meant in (("Resid_Post.3", "resid_post.3"), ("resid_posst.7", "resid_post.7"), ("ln_finl", "ln_final")):
        with pytest.raises(HookError, match=rf"did you mean {meant}\?"):
            parse_hook(typed, geometry)
    for name in ("blocks.28.attn.hook_z", "ln_final.hook_normalized", "blocks.3.hook_attn_out", "z.-1", "", "z.03"):
        with pytest.raises(HookError, match="is no hook of this model"):
            parse_hook(name, geometry)


@pytest.mark.parametrize("name", ["z.0", "blocks.0.attn.hook_z", "attn_out.0"])
def test_layers_without_an_output_projection_are_refused_by_listing_the_others(opened: Opened, name: str) -> None:
    with pytest.raises(HookError, match=r"Layer 0 has no attention output projection, .*\[3, 7, 11, 15, 19, 23\]"):
        parse_hook(name, opened("qwen3.5").geometry)


@pytest.mark.parametrize("backend", ["torch", "nnsight", "transformer_lens"])
def test_reading_by_name_gives_whole_sequences_under_our_names(opened: Opened, backend: str) -> None:
    model = opened("gemma4", backend)
    names = ["blocks.4.attn.hook_z", "resid_post.0", "ln_final", "attn_out.4"]
    seen = read(model, "Hi", names)
    assert list(seen) == ["z.4", "resid_post.0", "ln_final.34", "attn_out.4"]
    length = len(seen["ln_final.34"])
    assert seen["z.4"].shape == (length, 8, 16) and seen["resid_post.0"].shape == (length, 48)
