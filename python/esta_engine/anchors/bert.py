"""BERT-like encoders (arXiv 1810.04805): BERT and MiniLM (BertForSequenceClassification), RoBERTa
(arXiv 1907.11692, RobertaForSequenceClassification). Pre-training's dropout is off, as in all anchors.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from .text import TextAnchor

_ATTENTION = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "output": "attention.output.dense",
}


class BertAnchor(TextAnchor):
    """Inputs: `input_ids` (B, N), `attention_mask` (B, N), `token_type_ids` (B, N) where there are two texts.

    `pooling`: the head sees the class token after the model's pooler (`pooler`: a linear and tanh, as the
    library's class has it), the class token itself (`class-token`), or the mean of the tokens that are no
    padding (`mean`, as sentence encoders are trained; Sentence-BERT, arXiv 1908.10084).
    """

    def __init__(
        self, name: str, model: Any, folder: Path | None = None, sha256: str = "", pooling: str = "pooler"
    ) -> None:
        super().__init__(name, model, folder, sha256)
        self.pooling = pooling

    @property
    def body(self) -> Any:
        """BertModel or RobertaModel."""
        return getattr(self.model, self.model.base_model_prefix)

    @property
    def blocks(self) -> nn.ModuleList:
        blocks: nn.ModuleList = self.body.encoder.layer
        return blocks

    @property
    def tokens(self) -> int:
        """RoBERTa's positions begin behind the padding's."""
        behind = 1 + int(self.config.pad_token_id) if self.config.model_type == "roberta" else 0
        return super().tokens - behind

    def embed(self, inputs: Mapping[str, Tensor]) -> Tensor:
        hidden: Tensor = self.body.embeddings(
            input_ids=inputs["input_ids"], token_type_ids=inputs.get("token_type_ids")
        )
        return hidden

    def make_context(self, inputs: Mapping[str, Tensor], hidden: Tensor, cache: Any = None) -> Tensor | None:
        """The mask that keeps padding out of attention; None where there is none."""
        from transformers.masking_utils import create_bidirectional_mask

        mask: Any = create_bidirectional_mask(
            config=self.config, inputs_embeds=hidden, attention_mask=inputs.get("attention_mask")
        )
        return cast("Tensor | None", mask)

    def block_arguments(self, index: int, context: Any) -> dict[str, Any]:
        return {"attention_mask": context}

    def features(self, hidden: Tensor, inputs: Mapping[str, Tensor] | None = None) -> Tensor:
        if self.pooling == "mean":
            mask = None if inputs is None else inputs.get("attention_mask")
            if mask is None:
                return hidden.mean(dim=1)
            kept = mask.to(hidden.dtype)[:, :, None]
            return (hidden * kept).sum(dim=1) / kept.sum(dim=1).clamp(min=1)
        token = hidden[:, 0]
        return torch.tanh(self.pooler_linear(token)) if self.pooling == "pooler" else token

    @property
    def pooler_linear(self) -> nn.Linear:
        """(D -> D): BERT's is the pooler's, RoBERTa's the first of its head."""
        pooler = self.body.pooler
        linear: nn.Linear = self.model.classifier.dense if pooler is None else pooler.dense
        return linear

    def attention_linears(self, index: int) -> dict[str, str]:
        return _ATTENTION

    def mlp_linears(self, index: int) -> tuple[str, ...]:
        return ("intermediate.dense", "output.dense")

    def own_head(self) -> nn.Linear | None:
        """The head of the library's class, which sees what its pooler gives."""
        classifier = self.model.classifier
        head = getattr(classifier, "out_proj", classifier)
        return head if isinstance(head, nn.Linear) else None

    def put_head(self, head: nn.Module) -> None:
        if hasattr(self.model.classifier, "out_proj"):
            self.model.classifier.out_proj = head
        else:
            self.model.classifier = head

    @property
    def pools_as_its_class(self) -> bool:
        return self.pooling == "pooler"

    def final_modules(self) -> tuple[nn.Module, ...]:
        return (self.pooler_linear,) if self.pooling == "pooler" else ()

    def embedding_modules(self) -> tuple[nn.Module, ...]:
        return (self.body.embeddings,)
