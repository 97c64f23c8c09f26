"""What encoders and decoders share as anchors: they read tokens, and a head sees as much as they are wide."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from .base import Anchor


class TextAnchor(Anchor):
    @property
    @abstractmethod
    def body(self) -> Any:
        """The library's model without its head: BertModel, LlamaModel, ..."""

    @property
    def tokens(self) -> int:
        """The longest sequence that there are positions for, or that they were trained for."""
        return int(self.config.max_position_embeddings)

    @property
    def feature_size(self) -> int:
        return self.width
