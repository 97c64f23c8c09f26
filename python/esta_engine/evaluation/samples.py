"""What the networks of a palette say to a few held-out examples, for people to look at.

Which examples is decided by the data's seed; classifiers are shown at those on which they disagree most, out
of 64. Nothing is chosen by what is found here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ..data.chat import answer_text, conversation_tokens
from ..errors import EngineError
from ..nn.generation import Sampling, generate
from ..seeding import generator

if TYPE_CHECKING:
    from ..data.conversations import ConversationData
    from ..data.task import TaskData
    from ..nn.network import StitchedNetwork

#: Examples that classifiers are asked about, and those of them that are kept.
ASKED, KEPT = 64, 8
#: Longest answer that is written for a report.
ANSWER_TOKENS = 128


@torch.no_grad()
def classification_samples(
    network: StitchedNetwork,
    stitches: Sequence[int],
    data: TaskData,
    split: str,
    seed: int,
    check: Callable[[], None] = lambda: None,
) -> Iterator[dict[str, Any]]:
    """A record for each (example, stitch), by example."""
    device = network.device
    asked = _drawn(data, split, seed)[:ASKED]
    likeliest, labels = [], []
    for batch in data.batches(split, asked):
        moved, rows = batch.to(device), []
        for stitch in stitches:
            check()
            rows.append(network(moved.inputs, stitch).cpu().double().softmax(dim=1).max(dim=1))
        likeliest.append(rows)
        labels += batch.labels.tolist()
    classes = torch.cat([torch.stack([best.indices for best in rows]) for rows in likeliest], dim=1)
    probability = torch.cat([torch.stack([best.values for best in rows]) for rows in likeliest], dim=1)
    for place in most_disputed(classes)[:KEPT]:  # (stitches, asked)
        shown = data.show(split, asked[place])
        for number, stitch in enumerate(stitches):
            yield {
                "kind": "classification",
                "stitch": stitch,
                "split": split,
                "example": asked[place],
                **shown,
                "expected": data.classes[labels[place]],
                "predicted": data.classes[int(classes[number, place])],
                "probability": float(probability[number, place]),
            }


def most_disputed(classes: Tensor) -> list[int]:
    """Examples in order of how many classes (stitches, examples) they are given, ties as they come."""
    differing = [len(set(column)) for column in classes.T.tolist()]
    return sorted(range(len(differing)), key=lambda place: -differing[place])


def answer_samples(
    network: StitchedNetwork,
    stitches: Sequence[int],
    data: ConversationData,
    split: str,
    seed: int,
    *,
    stops: Collection[int],
    context: int,
    check: Callable[[], None] = lambda: None,
) -> Iterator[dict[str, Any]]:
    """A record for each (example, stitch), by example: greedy answers to `task.generated_samples` questions.

    `context`: tokens that the networks have positions for; questions that leave no room are passed over. An
    answer is null where a network's logits are not finite.
    """
    wanted: int = data.generated_samples
    for position in _drawn(data, split, seed):
        if wanted == 0:
            return
        conversation = data.conversation(split, position)
        prompt = conversation_tokens(
            data.tokenizer, conversation.question, answer=True, template=data.template
        )
        room = min(ANSWER_TOKENS, context - len(prompt))
        if room < 1:
            continue
        wanted -= 1
        for stitch in stitches:
            check()
            answer, cut = _answer(network, stitch, data.tokenizer, prompt, room, stops)
            yield {
                "kind": "answer",
                "stitch": stitch,
                "split": split,
                "example": position,
                **data.show(split, position),
                "expected": conversation.answer,
                "answer": answer,
                "cut": cut,
            }


def _answer(
    network: StitchedNetwork,
    stitch: int,
    tokenizer: Any,
    prompt: list[int],
    room: int,
    stops: Collection[int],
) -> tuple[str | None, bool]:
    """(text, whether it would have gone on)."""
    sampling = Sampling(max_new_tokens=room, temperature=0)
    try:
        tokens = list(generate(network, stitch, prompt, sampling, stops))
    except EngineError as error:
        if error.code != "numeric":
            raise
        return None, False
    return answer_text(tokenizer, tokens), len(tokens) == room


def _drawn(data: TaskData, split: str, seed: int) -> list[int]:
    """All positions of a split in an order of their own."""
    order: list[int] = torch.randperm(data.size(split), generator=generator(seed, "samples", split)).tolist()
    return order
