"""Questions with four choices out of WordNet, to tune a language model with instructions.

Three sorts, in turn: of what class a noun is, what it is a kind of, which word has a definition. Only synsets
that `pretrain_tiny_llama.py` holds out are asked about, and no word that is asked about, or that a choice
offers as the word defined, is in two parts: what is measured is not what was learnt by heart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from wordnet_database import Synset, is_held_out, stable_number
from wordnet_tasks import Row

CHOICES = 4
#: What is asked, and what is chosen from: (synset, all synsets by key) -> text, or None where it has none.
Asked = Callable[[Synset], str]
Chosen = Callable[[Synset, Mapping[str, Synset]], "str | None"]


def _category(synset: Synset, by_key: Mapping[str, Synset]) -> str | None:
    return synset.category if synset.part_of_speech == "noun" and synset.category != "Tops" else None


def _hypernym(synset: Synset, by_key: Mapping[str, Synset]) -> str | None:
    found = [by_key[key] for key in synset.hypernyms if key in by_key]
    return found[0].words[0] if found and synset.part_of_speech == "noun" else None


def _word(synset: Synset, by_key: Mapping[str, Synset]) -> str | None:
    return synset.words[0]


SORTS: tuple[tuple[Asked, Chosen], ...] = (
    (lambda synset: f"{synset.words[0]}: {synset.definition}. what sort of thing is it?", _category),
    (lambda synset: f"{synset.words[0]}: {synset.definition}. what is it a kind of?", _hypernym),
    (lambda synset: f"which word means {synset.definition}?", _word),
)


def make_questions(synsets: Sequence[Synset], sizes: Mapping[str, int], seed: int) -> dict[str, list[Row]]:
    """Parts `train`, `validation`, `test`. Raises ValueError where there are too few synsets."""
    by_key = {synset.key: synset for synset in synsets}
    left = [synset for synset in synsets if is_held_out(synset)]
    left.sort(key=lambda synset: stable_number(seed, "order", synset.key))
    parts: dict[str, list[Row]] = {}
    for name in ("test", "validation", "train"):
        parts[name], used = _part(left, by_key, sizes[name], seed)
        if len(parts[name]) < sizes[name]:
            raise ValueError(f"{name}: got {sizes[name]}; there are {len(parts[name])} questions left to ask")
        left = [synset for synset in left if not used & _words(synset)]
    return parts


def _part(
    synsets: Sequence[Synset], by_key: Mapping[str, Synset], size: int, seed: int
) -> tuple[list[Row], set[str]]:
    """(questions, the words that they are about). Choices come from the synsets that are asked about."""
    own = list(synsets[: 2 * size])  # twice as many, for not every synset has a question of every sort
    rows: list[Row] = []
    for synset in own:
        if len(rows) == size:
            break
        asked, chosen = SORTS[len(rows) % len(SORTS)]
        right = chosen(synset, by_key)
        wrong = None if right is None else _others(synset, own, chosen, by_key, seed)
        if right is not None and wrong is not None:
            rows.append(_row(asked(synset), right, wrong, seed))
    return rows, set().union(*map(_words, own))


def _row(question: str, right: str, wrong: Sequence[str], seed: int) -> Row:
    place = stable_number(seed, "place", question) % CHOICES
    choices = [*wrong[:place], right, *wrong[place:]]
    return {"instruction": question, "choices": choices, "answer": place}


def _others(
    synset: Synset, synsets: Sequence[Synset], chosen: Chosen, by_key: Mapping[str, Synset], seed: int
) -> list[str] | None:
    """Three wrong choices: what is right for others of the same part of speech, as often as it is right."""
    true = {word.lower() for each in (synset, *_ancestors(synset, by_key)) for word in each.words}
    true.add((chosen(synset, by_key) or "").lower())
    start, found = stable_number(seed, "others", synset.key), list[str]()
    for step in range(len(synsets)):
        other = synsets[(start + step) % len(synsets)]
        text = chosen(other, by_key) if other.part_of_speech == synset.part_of_speech else None
        if text is not None and text.lower() not in true and text not in found:
            found.append(text)
            if len(found) == CHOICES - 1:
                return found
    return None


def _ancestors(synset: Synset, by_key: Mapping[str, Synset]) -> list[Synset]:
    """All that the synset is a kind of; WordNet has no cycles, but a synset may have two hypernyms."""
    found: dict[str, Synset] = {}
    open_keys = list(synset.hypernyms)
    while open_keys:
        key = open_keys.pop()
        if key in by_key and key not in found:
            found[key] = by_key[key]
            open_keys += by_key[key].hypernyms
    return list(found.values())


def _words(synset: Synset) -> set[str]:
    return {word.lower() for word in synset.words}
