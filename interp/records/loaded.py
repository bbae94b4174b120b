"""What was actually loaded: enough to load exactly that again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from interp.records.shown import Shown


@dataclass(frozen=True, slots=True)
class ModelId(Shown):
    """What was actually loaded: enough to load exactly that again.

    `source` is `hub`, `directory` or `embedded`; `commit` is the hub's commit, or the sha256 over the files that
    loading may open. Whether two loadings are the same model is a question to `weights`, never to names or places.
    """

    name: str
    source: Literal["hub", "directory", "embedded"]
    repo: str
    commit: str
    dtype: str
    device: str
    attn: str

    @property
    def weights(self) -> tuple[str, str]:
        """Commit and dtype: what two loadings must share for a number of one to hold for the other.

        Device, backend and attention implementation move the last bits only, as the batch size does.
        """
        return self.commit, self.dtype

    @property
    def title(self) -> str:
        """Name, whole commit and dtype, for sentences that tell two loadings apart."""
        return f"{self.name} ({self.commit}, {self.dtype})"


@dataclass(frozen=True, slots=True)
class Loaded(Shown):
    """What `model.json` holds: the model, what attached the hooks, and whether they proved themselves.

    `ignored` names what the model's generation configuration asks for and plain greedy decoding does not do.
    """

    model: ModelId
    backend: str
    proof: str
    ignored: tuple[str, ...] = ()
