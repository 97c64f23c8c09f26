"""Stitched anchors read the same tokens, so their tokenizers must be one and the same.

What is compared is what turns text into numbers: vocabulary, merges, normalising, splitting, special tokens.
Padding and truncation are not, for whoever makes batches decides those.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..errors import EngineError
from ..gguf import is_gguf, read_gguf_tokenizer

_TOKENIZER_FILE = "tokenizer.json"
_PLAIN_FILES = ("vocab.txt", "vocab.json", "merges.txt", "tokenizer.model", "spiece.model")
_NOT_COMPARED = ("padding", "truncation", "version")


def check_tokenizers(folders: Sequence[Path]) -> None:
    """Raises EngineError("weights") that names the first difference between two folders' tokenizers.

    A folder without tokenizer files says nothing, and disagrees with none.
    """
    first: Path | None = None
    for folder in folders:
        if not has_tokenizer(folder):
            continue
        if first is None:
            first = folder
            continue
        difference = _difference(first, folder)
        if difference is not None:
            raise EngineError(
                "weights",
                f"{first} and {folder} have different tokenizers: {difference}",
                "Stitched anchors read the same tokens: choose models of one family, with one vocabulary.",
            )


def has_tokenizer(folder: Path) -> bool:
    """Whether a model's folder has files of a tokenizer; a GGUF file always holds one."""
    return is_gguf(folder) or any((folder / name).is_file() for name in (_TOKENIZER_FILE, *_PLAIN_FILES))


def _difference(one: Path, other: Path) -> str | None:
    if is_gguf(one) and is_gguf(other):
        return next(_differences("tokenizer", read_gguf_tokenizer(one), read_gguf_tokenizer(other)), None)
    if is_gguf(one) or is_gguf(other):
        pairs = enumerate(zip(_vocabulary(one), _vocabulary(other), strict=False))
        return next((f"token {i} is {_short(a)} and {_short(b)}" for i, (a, b) in pairs if a != b), None)
    if all((folder / _TOKENIZER_FILE).is_file() for folder in (one, other)):
        pair = [_read(folder / _TOKENIZER_FILE) for folder in (one, other)]
        if pair[0] == pair[1]:
            return None
        return next(_differences(_TOKENIZER_FILE, *pair), None)
    for name in _PLAIN_FILES:
        files = [folder / name for folder in (one, other)]
        if all(file.is_file() for file in files) and files[0].read_bytes() != files[1].read_bytes():
            lines = [file.read_bytes().splitlines() for file in files]
            number = next((i for i, (a, b) in enumerate(zip(*lines, strict=False)) if a != b), None)
            where = "their lengths" if number is None else f"line {number + 1}"
            return f"{name} differs in {where}"
    return None


def _vocabulary(place: Path) -> list[str]:
    """Tokens in order of their numbers: all that a GGUF file and a folder's files are told apart by."""
    if is_gguf(place):
        return list(read_gguf_tokenizer(place).get("tokens", []))
    from ..data.chat import load_tokenizer

    numbers: dict[str, int] = load_tokenizer(place).get_vocab()
    return sorted(numbers, key=numbers.__getitem__)


def _read(file: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EngineError("weights", f"cannot read {file}: {error}", "The model folder is damaged.") from None
    return {key: value for key, value in content.items() if key not in _NOT_COMPARED}


def _differences(path: str, one: Any, other: Any) -> Iterator[str]:
    """Where two JSON values differ, depth first."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in [*one, *(key for key in other if key not in one)]:
            if key not in one or key not in other:
                yield f"{path}: {key!r} is in one only"
            elif one[key] != other[key]:
                yield from _differences(f"{path}: {key}", one[key], other[key])
    elif isinstance(one, list) and isinstance(other, list):
        for number, (a, b) in enumerate(zip(one, other, strict=False)):
            if a != b:
                yield from _differences(f"{path}[{number}]", a, b)
        if len(one) != len(other):
            yield f"{path} has {len(one)} entries and {len(other)}"
    else:
        yield f"{path} is {_short(one)} and {_short(other)}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."
