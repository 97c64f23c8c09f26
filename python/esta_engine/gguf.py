"""GGUF files as anchors: what `transformers` is told to read one, and what must be there for it.

`transformers` dequantises the file. It needs the packages `gguf` and `accelerate`, which the engine does not
otherwise, so that they are optional (requirements-gguf.txt). What it would get wrong in silence is refused
here.
"""

from __future__ import annotations

import copy
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from .errors import EngineError
from .optional import require_packages

PACKAGES = ("gguf", "accelerate")
#: `general.architecture` that is a model type of ours, too; llama.cpp calls Mistral models llama.
ARCHITECTURES = ("llama", "qwen2", "qwen3")

_TOKENIZER = "tokenizer.ggml."


def is_gguf(place: Path) -> bool:
    """Whether an anchor's weights are a GGUF file, not a folder."""
    return place.suffix.lower() == ".gguf"


def pretrained_arguments(place: Path) -> tuple[str, dict[str, str]]:
    """First and further arguments of `from_pretrained` for a model folder or a GGUF file.

    Raises EngineError("environment") where a GGUF file cannot be read for want of a package.
    """
    if not is_gguf(place):
        return str(place), {}
    require_gguf_packages(place)
    return str(place.parent), {"gguf_file": place.name}


def require_gguf_packages(file: Path) -> None:
    """Raises EngineError("environment") with the command that installs what is missing."""
    require_packages(PACKAGES, "requirements-gguf.txt", f"{file}: reading a GGUF file")


def read_gguf_config(file: Path) -> Any:
    """The model's `transformers` configuration. Raises EngineError("weights" or "environment")."""
    require_gguf_packages(file)
    with _told(file):
        stat = file.stat()
        return copy.deepcopy(_read_config(file, stat.st_size, stat.st_mtime_ns))


def read_gguf_tokenizer(file: Path) -> dict[str, Any]:
    """Whatever of the file turns text into tokens: the vocabulary in `tokens`, merges, kinds, how to split.

    Raises EngineError("weights").
    """
    from transformers.integrations.gguf.reader import read_gguf_metadata

    with _told(file):
        arrays = tuple(f"{_TOKENIZER}{name}" for name in ("tokens", "merges"))
        metadata, _ = read_gguf_metadata(str(file), arrays)
    found = {key: value for key, value in metadata.items() if key.startswith(_TOKENIZER)}
    return {key.removeprefix(_TOKENIZER): value for key, value in found.items()}


@lru_cache(maxsize=8)
def _read_config(file: Path, size: int, modified_ns: int) -> Any:
    """Reading takes seconds, for the library reads the vocabulary too, and it is done more than once."""
    from transformers import AutoConfig
    from transformers.integrations.gguf.reader import read_gguf_metadata

    metadata, tensors = read_gguf_metadata(str(file))
    _refuse_what_is_lost(file, metadata, tensors)
    config: Any = AutoConfig.from_pretrained(str(file.parent), gguf_file=file.name, local_files_only=True)
    # Which the library takes for LLaMA from the width of its rotary embedding, and for Qwen3 from a default.
    stated = metadata.get(f"{metadata['general.architecture']}.attention.key_length")
    if stated is not None:
        config.head_dim = int(stated)
    return config


@contextmanager
def _told(file: Path) -> Iterator[None]:
    """What reading a damaged file raises, as EngineError("weights")."""
    try:
        yield
    except (OSError, ValueError, KeyError, IndexError, struct.error) as error:
        raise EngineError(
            "weights",
            f"{file}: cannot read it as GGUF: {str(error).strip() or type(error).__name__}",
            "The file is damaged or no GGUF file; fetch it again.",
        ) from None


def _refuse_what_is_lost(file: Path, metadata: dict[str, Any], tensors: tuple[str, ...]) -> None:
    """What changes a network's outputs and `transformers` 5.23 leaves out when it reads a GGUF file."""
    architecture = metadata["general.architecture"]
    if architecture not in ARCHITECTURES:
        raise EngineError(
            "weights",
            f"{file}: general.architecture is {architecture!r}, allowed: {', '.join(ARCHITECTURES)}",
            "Use another model.",
        )
    scaling = metadata.get(f"{architecture}.rope.scaling.type", "none")
    lost = [f"rope scaling ({scaling})"] if scaling != "none" else []
    lost += [name for name in tensors if name == "rope_freqs.weight"]
    lost += [name for name in tensors if architecture == "llama" and name.endswith(".bias")][:1]
    if lost:
        raise EngineError(
            "weights",
            f"{file}: transformers would read it without its {', '.join(lost)}, as another network",
            "Take the model's safetensors: a folder in Hugging Face layout.",
        )
