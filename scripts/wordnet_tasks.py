"""Tasks of text classification from WordNet: rows of `text` and `label`, cut into parts that do not overlap.

Which rows a part holds is told by hashes of their texts, not by a generator's state: the same seed gives the
same parts under every version of Python, and a larger part holds what a smaller one held.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from wordnet_database import Synset, stable_number

Row = dict[str, object]


def gloss_classes(synsets: Iterable[Synset]) -> list[Row]:
    """A noun's definition -> its lexicographer file, of which there are 26; as often as WordNet has them."""
    return _unambiguous((synset.definition, synset.category) for synset in synsets)


def parts_of_speech(synsets: Iterable[Synset], seed: int) -> list[Row]:
    """A definition -> the part of speech of the words defined: four classes, all equally frequent."""
    rows = defaultdict(list)
    for row in _unambiguous((synset.definition, synset.part_of_speech) for synset in synsets):
        rows[row["label"]].append(row)
    fewest = min(map(len, rows.values()))
    return [row for label in rows for row in in_random_order(rows[label], seed, "balance")[:fewest]]


def _unambiguous(pairs: Iterable[tuple[str, str]]) -> list[Row]:
    """Each text once; a text with two labels is left out."""
    labels: dict[str, set[str]] = defaultdict(set)
    for text, label in pairs:
        labels[text].add(label)
    return [{"text": text, "label": found.pop()} for text, found in labels.items() if len(found) == 1]


def in_random_order(rows: Iterable[Row], seed: int, purpose: str) -> list[Row]:
    return sorted(rows, key=lambda row: stable_number(seed, purpose, *row.values()))


def split_rows(rows: Sequence[Row], sizes: Mapping[str, int], seed: int) -> dict[str, list[Row]]:
    """Parts `train`, `validation` and `test` of these sizes, without overlap.

    Test is drawn first, then validation, so that they stay as they are when `train` changes. The training
    part has an example of each class that is left, as a class that is not there cannot be learnt; the rest
    of it is drawn as it comes. Raises ValueError where there are too few rows.
    """
    wanted = sum(sizes.values())
    if wanted > len(rows):
        raise ValueError(f"got {wanted} examples in all; there are {len(rows)}")
    order, parts, start = in_random_order(rows, seed, "split"), {}, 0
    for name in ("test", "validation"):
        parts[name] = order[start : start + sizes[name]]
        start += sizes[name]
    first: dict[object, Row] = {}
    for row in order[start:]:
        first.setdefault(row["label"], row)
    if len(first) > sizes["train"]:
        raise ValueError(f"train: got {sizes['train']}; allowed: from {len(first)}, an example of each class")
    taken = {str(row["text"]) for row in first.values()}
    rest = [row for row in order[start:] if str(row["text"]) not in taken]
    train = [*first.values(), *rest[: sizes["train"] - len(first)]]
    parts["train"] = in_random_order(train, seed, "train")
    return parts


def write_parts(folder: Path, parts: Mapping[str, Sequence[Row]], licence: str) -> None:
    """DIR/train.jsonl, ... and WordNet's notice, which every copy must carry."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in parts.items():
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    (folder / "LICENSE.wordnet").write_text(licence, encoding="utf-8")


def describe(parts: Mapping[str, Sequence[Row]]) -> str:
    """Sizes, and how far always naming the most frequent label comes."""
    sizes = ", ".join(f"{name} {len(rows)}" for name, rows in parts.items())
    labels = Counter(row["label"] for row in parts["test"] if "label" in row)
    if not labels:
        return sizes
    label, count = labels.most_common(1)[0]
    return f"{sizes}; {len(labels)} classes in test, {count / len(parts['test']):.2f} of it {label}"
