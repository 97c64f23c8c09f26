"""`samples.ndjson`: a few held-out examples and what each network of the palette says to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..events import to_json_line
from ..files import write_atomic

if TYPE_CHECKING:
    from ..data.task import TaskData
    from .assembly import Assembly
    from .job import Job

SCHEMA_VERSION = 1


def write_samples(job: Job, parts: Assembly, data: TaskData, stitches: Sequence[int]) -> list[Path]:
    """Write the file, whole, unless it is there; [its path], nothing where no part is held out."""
    split = next((split for split in ("test", "validation") if data.has(split)), None)
    if split is None:
        return []
    if not job.folder.samples.exists():
        lines = [to_json_line({"schema_version": SCHEMA_VERSION, **record})
                 for record in _records(job, parts, data, stitches, split)]  # fmt: skip
        write_atomic(job.folder.samples, "".join(lines).encode())
    return [job.folder.samples]


def _records(
    job: Job, parts: Assembly, data: TaskData, stitches: Sequence[int], split: str
) -> Iterator[dict[str, Any]]:
    from ..data.conversations import ConversationData
    from ..evaluation.samples import answer_samples, classification_samples

    seed: int = job.plan.config["training"]["seeds"]["data"]
    if isinstance(data, ConversationData):
        return answer_samples(
            parts.network,
            stitches,
            data,
            split,
            seed,
            stops=parts.stop_tokens,
            context=parts.context,
            check=job.check,
        )
    return classification_samples(parts.network, stitches, data, split, seed, job.check)
