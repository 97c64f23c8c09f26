"""What the engine needs of a pre-trained model: embed, a list of blocks with a uniform step, features for a
head.

An adapter wraps one `transformers` model and says where things are in it; it never copies the library's
arithmetic. Shapes: B examples, N tokens, D the anchor's width, F the features that a head sees.
Anchors run without dropout, also in training: they are frozen or tuned on little data, and dropout would draw
from the global generator.

`Anchor` is what training needs of any architecture, `ImageAnchor` adds what exporting plain image blocks
does.
"""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.func import functional_call

#: Names of the attention linears that LoRA may adapt (`lora.targets` of the configuration).
ATTENTION_TARGETS = ("query", "key", "value", "output")


class Anchor(nn.Module):
    """One pre-trained model of a family, as a chain of blocks.

    A route may enter and leave the chain at any block: `embed` is called on the first anchor of a route only,
    `make_context` on every one, `features` on the last. `folder` is where the weights came from, if from a
    file.
    """

    model: Any
    #: Whether every task keeps the model's own head, as language models do; else it gets a new one.
    keeps_own_head = False

    def __init__(self, name: str, model: Any, folder: Path | None = None, sha256: str = "") -> None:
        super().__init__()
        self.name = name
        self.model = model
        self.folder = folder
        self.sha256 = sha256
        self.train(False)

    def train(self, mode: bool = True) -> Anchor:
        """Anchors stay in evaluation mode, whatever the network's (no dropout, see above)."""
        return super().train(False)

    @property
    def config(self) -> Any:
        """The model's own `transformers` configuration."""
        return self.model.config

    @property
    def width(self) -> int:
        return int(self.config.hidden_size)

    @property
    def depth(self) -> int:
        return len(self.blocks)

    @property
    @abstractmethod
    def blocks(self) -> nn.ModuleList: ...

    @property
    @abstractmethod
    def tokens(self) -> int:
        """N for the input size that the model was trained with; special tokens included."""

    @property
    @abstractmethod
    def feature_size(self) -> int:
        """F."""

    @abstractmethod
    def embed(self, inputs: Mapping[str, Tensor]) -> Tensor:
        """Input tensors -> what enters block 0, (B, N, D)."""

    def make_context(self, inputs: Mapping[str, Tensor], hidden: Tensor, cache: Any = None) -> Any:
        """Whatever else this anchor's blocks need (masks, rotary embeddings), from inputs and entering
        tokens. `cache`: of `make_cache`, keys and values of the tokens before these.
        """
        return None

    def make_cache(self, start: int) -> Any:
        """An empty cache of keys and values for the blocks from `start` on; only decoders have one."""
        raise NotImplementedError(f"{type(self).__name__} does not generate")

    def block_arguments(self, index: int, context: Any) -> dict[str, Any]:
        """Keyword arguments of block `index`, beside the hidden state."""
        return {}

    @abstractmethod
    def features(self, hidden: Tensor, inputs: Mapping[str, Tensor] | None = None) -> Tensor:
        """Final norm and pooling: (B, N, D) -> (B, F), or (B, N, F) where every token is predicted from.

        `inputs` are those of `embed`; poolings that leave padding out need them.
        """

    @abstractmethod
    def attention_linears(self, index: int) -> dict[str, str]:
        """Target of `ATTENTION_TARGETS` -> dotted name of that linear inside block `index`."""

    @abstractmethod
    def mlp_linears(self, index: int) -> tuple[str, ...]:
        """Dotted names of the MLP's linears inside block `index`, in order of computation."""

    @abstractmethod
    def own_head(self) -> nn.Linear | None:
        """The pre-trained head (F -> the family's classes), where the model has one."""

    def put_head(self, head: nn.Module) -> None:
        """Make `head` (F -> classes) the model's own, as the library's class has it."""
        self.model.classifier = head

    def plain_config(self, biased: Set[str]) -> Any | None:
        """Configuration of an ordinary model that computes this anchor's logits with biases on the linears
        `biased` of its blocks (dotted names); None where the library has none.
        """
        return copy.deepcopy(self.config) if self.pools_as_its_class else None

    @property
    def pools_as_its_class(self) -> bool:
        """Whether the library's class computes `features` as they were asked for."""
        return True

    @abstractmethod
    def final_modules(self) -> tuple[nn.Module, ...]:
        """Modules that `features` uses, such as the final norm."""

    @abstractmethod
    def embedding_modules(self) -> tuple[nn.Module, ...]:
        """Modules that `embed` uses."""

    def run_block(
        self, index: int, hidden: Tensor, context: Any, biases: Mapping[str, Tensor] | None = None
    ) -> Tensor:
        """(B, N, D) -> (B, N, D) through one block, with `biases` in place of its own where given.

        `biases` maps names of `bias_sites` to whole (not added) biases; they act during this call only.
        """
        block, arguments = self.blocks[index], self.block_arguments(index, context)
        if not biases:
            return cast(Tensor, block(hidden, **arguments))
        # tie_weights would walk over all parameters of the block on each call; blocks tie none.
        return cast(Tensor, functional_call(block, dict(biases), (hidden,), arguments, tie_weights=False))

    def bias_sites(self, index: int) -> list[tuple[str, int]]:
        """(dotted bias name, size) of every linear of block `index` that may carry a stitch's own bias."""
        names = (*self.attention_linears(index).values(), *self.mlp_linears(index))
        block = self.blocks[index]
        linears: list[tuple[str, Any]] = [(name, block.get_submodule(name)) for name in names]
        return [(f"{name}.bias", int(linear.out_features)) for name, linear in linears]

    def bias_values(self, index: int) -> list[Tensor]:
        """The anchor's biases at `bias_sites`, detached; zeros where the linear has none."""
        values = []
        for name, _ in self.bias_sites(index):
            linear: Any = self.blocks[index].get_submodule(name.removesuffix(".bias"))
            # Not in the weight's own type: frozen weights may be kept in less than their biases.
            absent = torch.zeros(linear.out_features, device=linear.weight.device)
            values.append((absent if linear.bias is None else linear.bias).detach())
        return values


class ImageAnchor(Anchor):
    """What exporting a stitch as plain image blocks needs beside (deployment/export.py)."""

    @property
    @abstractmethod
    def special_tokens(self) -> int:
        """Tokens before those of the input, such as a class token."""

    @property
    @abstractmethod
    def pooling(self) -> str:
        """class-token, mean, or class-token-and-mean: how `features` pools."""

    def plain_config(self, biased: Set[str]) -> Any | None:
        config = super().plain_config(biased)
        if config is not None and self.attention_linears(0)["query"] in biased:
            config.qkv_bias = True  # the stitch's own biases, where the pre-trained model has none
        return config

    @abstractmethod
    def norms(self, index: int) -> tuple[str, str]:
        """Dotted names of the norms before attention and before the MLP of block `index`."""

    def layer_scales(self, index: int) -> tuple[str | None, str | None]:
        """Dotted names of the factors on attention's and the MLP's output, if there are any."""
        return None, None

    @abstractmethod
    def block_settings(self) -> dict[str, Any]:
        """width, heads, mlp_width, swiglu, activation, norm_eps."""

    @abstractmethod
    def plain_embedding(self, image_size: int) -> dict[str, Tensor]:
        """projection.weight and .bias; `special` (1, special tokens, D); `positions` (1, patches, D)."""
