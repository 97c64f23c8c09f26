"""Small text tasks for tests: tokenizers made with the `tokenizers` library, files, plans.

folders = save_readers(tmp_path)               # pico LLaMAs with a byte-level tokenizer
plan = raw_text_plan(folders, task=conversations_task(write_sums(tmp_path / "sums.jsonl")))

folders = save_readers(tmp_path, "bert")       # pico encoders with words as tokens
plan = raw_text_plan(folders, task=texts_task(write_moods(tmp_path / "moods.csv")), classes=3)
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pico_text import save_text_anchors

SPECIAL = ["<pad>", "<s>", "</s>", "<unk>"]
#: Of the byte-level tokenizer: 256 bytes, the special tokens, and some merges.
BYTE_VOCABULARY = 280
MOODS = ("glad", "sad", "cross")
REST = ("the", "a", "cat", "dog", "bird", "is", "was", "very", "not", "so", "and", "then")
WORDS = [*SPECIAL, "[CLS]", "[SEP]", *MOODS, *REST]
CHATML = (
    "{% for m in messages %}<s>{{ m['role'] }}\n{{ m['content'] }}</s>\n{% endfor %}"
    "{% if add_generation_prompt %}<s>assistant\n{% endif %}"
)


def byte_tokenizer(template: str | None = None, **special: str | None) -> Any:
    """Byte-level BPE; merges join line ends and common words. `special` is put over its special tokens."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=BYTE_VOCABULARY,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(["### User:\n### Assistant:\n\n\n plus plus plus is is"] * 9, trainer)
    names = {"pad_token": "<pad>", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", **special}
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, **{name: token for name, token in names.items() if token is not None}
    )
    fast.chat_template = template
    return fast


def word_tokenizer() -> Any:
    """Words as tokens, between [CLS] and [SEP], as BERT's tokenizer has them; a pair has types 0 and 1."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(word, WORDS.index(word)) for word in ("[CLS]", "[SEP]")],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", unk_token="<unk>", cls_token="[CLS]", sep_token="[SEP]"
    )


def save_readers(folder: Path, kind: str = "llama", tokenizer: Any = None, **config: Any) -> list[Path]:
    """Two pico models of a kind, 16 and 32 wide, each with the same tokenizer beside it."""
    encoder = kind in ("bert", "roberta")
    if tokenizer is None:
        tokenizer = word_tokenizer() if encoder else byte_tokenizer()
    folders = save_text_anchors(
        folder, kind, **{"vocab_size": len(WORDS) if encoder else BYTE_VOCABULARY, **config}
    )
    for place in folders:
        tokenizer.save_pretrained(place)
    return folders


def conversations_task(train: Path, validation: Any = 0.2, test: Any = 0.2, **more: Any) -> dict[str, Any]:
    """Instruction tuning; `more` is put over the task."""
    return {
        "type": "instruction-tuning",
        "data": {"train": str(train), "validation": _part(validation), "test": _part(test)},
        "sizes": {},
        "metric": "perplexity",
        "batching": "grouped",
        "template": "auto",
        "generated_samples": 2,
        **more,
    }


def texts_task(
    train: Path, validation: Any = 0.2, test: Any = 0.2, *, columns: dict[str, str] | None = None, **more: Any
) -> dict[str, Any]:
    """Text classification."""
    names = {"text": "text", "label": "label", **(columns or {})}
    return {
        "type": "text-classification",
        "data": {"train": str(train), "validation": _part(validation), "test": _part(test), "columns": names},
        "sizes": {},
        "metric": "accuracy",
        **more,
    }


def sums(count: int = 40) -> list[dict[str, Any]]:
    """Questions of several lengths with one right answer each."""
    return [
        {"instruction": f"{first} plus {second} is{' so' * (first % 4)}", "output": str(first + second)}
        for first, second in ((number % 7, number // 7) for number in range(count))
    ]


def with_choices(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same as multiple choice: the right one, one more, and ten times as much."""
    made = []
    for number, row in enumerate(rows):
        right = int(row["output"])
        choices = [str(right), str(right + 1), str(10 * right + 10)]
        turn = number % 3
        choices = choices[-turn:] + choices[:-turn]
        made.append({"instruction": row["instruction"], "choices": choices, "answer": turn})
    return made


def write_jsonl(file: Path, rows: Iterable[dict[str, Any]]) -> Path:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def moods(each: int = 12) -> list[dict[str, str]]:
    """Texts whose label is one of their words."""
    rest = ["the cat is {}", "a dog was very {} and then so", "bird {}", "not so {} is the dog"]
    return [
        {"text": rest[number % 4].format(mood), "label": mood} for number in range(each) for mood in MOODS
    ]


def write_csv(file: Path, rows: list[dict[str, str]]) -> Path:
    with file.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.DictWriter(lines, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return file


def _part(part: Any) -> Any:
    return part if isinstance(part, float) else str(part)
