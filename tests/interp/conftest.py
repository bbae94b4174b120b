"""The proof that the sandbox holds on this machine, made once."""

from __future__ import annotations

import sys

import pytest

from interp.sandbox.proof import Proof


@pytest.fixture(scope="session")
def holding() -> Proof:
    """The proof that the sandbox holds on this machine; skips, and says why, where it does not."""
    from interp.sandbox import proof as sandbox_proof

    if sys.platform != "linux":
        pytest.skip("the sandbox is built on Linux")
    proof = sandbox_proof.prove()
    if proof.broken:
        pytest.skip(f"the sandbox does not hold here: {proof.broken}, {dict(proof.layers)}")
    return proof
