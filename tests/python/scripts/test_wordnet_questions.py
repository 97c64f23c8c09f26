"""Questions with four choices: right ones are right, wrong ones wrong, and no word is in two parts."""

from __future__ import annotations

from collections import Counter

import pytest
from wordnet_database import Synset, is_held_out
from wordnet_questions import make_questions

SIZES = {"train": 30, "validation": 9, "test": 15}
CATEGORIES = ("animal", "person", "plant", "food", "act", "Tops")


def make_synsets() -> list[Synset]:
    """A chain of three levels for each of 4,000 nouns; every word is in two synsets."""
    tops = [noun(f"t{n}", (f"top{n}",), (), n) for n in range(len(CATEGORIES))]
    middles = [noun(f"m{n}", (f"middle{n}",), (tops[n % 6].key,), n) for n in range(60)]
    leaves = [noun(f"n{n}", (f"Word{n}", f"word{n // 2}x"), (middles[n % 60].key,), n) for n in range(4000)]
    return [*tops, *middles, *leaves]


def noun(key: str, words: tuple[str, ...], hypernyms: tuple[str, ...], number: int) -> Synset:
    return Synset(key, "noun", CATEGORIES[number % 6], words, hypernyms, f"definition of {key}", ())


@pytest.fixture(scope="module")
def synsets() -> list[Synset]:
    return make_synsets()


def test_choices_are_right_and_wrong(synsets: list[Synset]) -> None:
    parts = make_questions(synsets, SIZES, 0)
    assert {name: len(rows) for name, rows in parts.items()} == SIZES
    by_key = {synset.key: synset for synset in synsets}
    held_out = {synset.definition: synset for synset in synsets if is_held_out(synset)}
    places = Counter[object]()
    for number, row in [pair for rows in parts.values() for pair in enumerate(rows)]:
        synset = next(
            held_out[text] for text in held_out if f"{text}." in f"{row['instruction']}.".replace("?", "")
        )
        parent = by_key[synset.hypernyms[0]]
        right = (synset.category, parent.words[0], synset.words[0])[number % 3]
        choices, answer = list(row["choices"]), int(str(row["answer"]))  # type: ignore[call-overload]
        places[answer] += 1
        assert choices.pop(answer) == right and len(set(choices)) == 3
        true = {synset.category, *synset.words, *parent.words, *by_key[parent.hypernyms[0]].words}
        assert not true & set(choices)
    assert places.keys() == {0, 1, 2, 3}


def test_no_word_is_in_two_parts(synsets: list[Synset]) -> None:
    parts = make_questions(synsets, SIZES, 1)
    words = {name: words_of(rows) for name, rows in parts.items()}
    assert all(len(found) > SIZES[name] for name, found in words.items())
    for one, other in (("train", "test"), ("train", "validation"), ("validation", "test")):
        assert not words[one] & words[other]


def words_of(rows: list[dict[str, object]]) -> set[str]:
    """The word asked about, or all choices of words."""
    found = set[str]()
    for number, row in enumerate(rows):
        if number % 3 == 2:
            found |= {str(choice).lower() for choice in list(row["choices"])}  # type: ignore[call-overload]
        else:
            found.add(str(row["instruction"]).partition(":")[0].lower())
    return found


def test_the_seed_tells_all(synsets: list[Synset]) -> None:
    assert make_questions(synsets, SIZES, 0) == make_questions(synsets, SIZES, 0)
    assert make_questions(synsets, SIZES, 0) != make_questions(synsets, SIZES, 1)


def test_too_many_are_refused(synsets: list[Synset]) -> None:
    with pytest.raises(ValueError, match=r"train: got 1000; there are \d+ questions left to ask"):
        make_questions(synsets, {**SIZES, "train": 1000}, 0)
