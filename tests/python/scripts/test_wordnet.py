"""Reading WordNet and making tasks of it, on an excerpt in its format: nothing needs WordNet installed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wordnet_database import (
    NOUN_CATEGORIES,
    WordNetError,
    find_folder,
    parse_synset,
    read_all,
    read_licence,
    read_synsets,
    split_gloss,
)
from wordnet_excerpt import DOG, write_excerpt
from wordnet_tasks import gloss_classes, parts_of_speech, split_rows

SCRIPT = Path(__file__).parents[3] / "scripts" / "wordnet.py"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True)


def test_a_line_of_wordnet() -> None:
    dog = parse_synset(DOG, "noun")
    assert dog.key == "n02084071" and dog.category == "animal"
    assert dog.words == ("dog", "domestic dog", "Canis familiaris")
    assert dog.hypernyms == ("n02083346", "n01317541")  # other pointers are left out
    assert dog.definition == "a member of the genus Canis; occurs in many breeds"
    assert dog.examples == ("the dog barked all night",)


def test_frames_of_verbs_and_markers_of_adjectives_are_no_words() -> None:
    verb = "00001740 29 v 02 breathe 0 take_a_breath 0 001 @ 00005041 v 0000 02 + 02 00 + 08 00 | draw air"
    assert parse_synset(verb, "verb").words == ("breathe", "take a breath")
    adjective = "00001740 00 a 01 galore(ip) 0 000 | existing in abundance"
    assert parse_synset(adjective, "adjective").words == ("galore",)
    ten = "00001740 04 n 0a " + "word 0 " * 10 + "000 | as many words as hexadecimal a says"
    assert len(parse_synset(ten, "noun").words) == 10


@pytest.mark.parametrize(
    ("gloss", "definition", "examples"),
    [
        ("a dwelling", "a dwelling", ()),
        ('a; b; "one"; "two"', "a; b", ("one", "two")),
        ('painful;"it hurts";', "painful", ("it hurts",)),
        ('go under, "The raft sank"', "go under", ("The raft sank",)),
        ('being present (at an event) "all members"', "being present (at an event)", ("all members",)),
        ('incapable of change; e.g. "frozen prices"', "incapable of change", ("frozen prices",)),
        ('progress (especially in "make strides")', 'progress (especially in "make strides")', ()),
        ('a local branch"', "a local branch", ()),
    ],
)  # fmt: skip
def test_definitions_lose_their_examples(gloss: str, definition: str, examples: tuple[str, ...]) -> None:
    assert split_gloss(gloss) == (definition, examples)


def test_the_excerpt_is_read_with_its_licence(tmp_path: Path) -> None:
    write_excerpt(tmp_path)
    assert find_folder(tmp_path) == tmp_path
    assert Counter(synset.part_of_speech for synset in read_all(tmp_path)).keys() == {
        "noun", "verb", "adjective", "adverb",
    }  # fmt: skip
    assert read_licence(tmp_path) == "This software and database is\nbeing provided to you.\n"


def test_an_unpacked_package_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "usr" / "share" / "wordnet"
    write_excerpt(folder)
    assert find_folder(tmp_path) == folder
    monkeypatch.setenv("WNSEARCHDIR", str(folder))
    assert find_folder() == folder


def test_errors_say_where_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(WordNetError, match="apt-get install wordnet-base"):
        find_folder(tmp_path)
    write_excerpt(tmp_path)
    with (tmp_path / "data.noun").open("a") as file:
        file.write("00000001 05 n 02 dog 0 000\n")
    with pytest.raises(WordNetError, match=r"data\.noun, line \d+: .*no gloss"):
        read_synsets(tmp_path)


def test_a_text_is_once_and_has_one_label(tmp_path: Path) -> None:
    write_excerpt(tmp_path)
    nouns = read_synsets(tmp_path)
    rows = gloss_classes([*nouns, *nouns])
    assert len({row["text"] for row in rows}) == len(rows)
    assert {row["label"] for row in rows} == set(NOUN_CATEGORIES)
    assert "of two kinds" not in {row["text"] for row in rows}
    labels = Counter(row["label"] for row in parts_of_speech(read_all(tmp_path), 0))
    assert len(labels) == 4 and len(set(labels.values())) == 1


@given(
    st.integers(0, 5),
    st.integers(1, 20),
    st.integers(1, 20),
    st.integers(26, 60),
)
def test_parts_do_not_overlap_and_training_knows_each_class(
    seed: int, test: int, validation: int, train: int
) -> None:
    rows: list[dict[str, object]] = [
        {"text": f"{label} {number}", "label": label}
        for label, count in zip("abcdefghijklmnopqrstuvwxyz", [60, 50, *[2] * 24], strict=True)
        for number in range(count)
    ]
    sizes = {"train": train, "validation": validation, "test": test}
    parts = split_rows(rows, sizes, seed)
    assert {name: len(part) for name, part in parts.items()} == sizes
    texts = [row["text"] for part in parts.values() for row in part]
    assert len(set(texts)) == len(texts)
    left = {row["label"] for row in rows} - {row["label"] for row in parts["train"]}
    used = {str(row["text"]) for name in ("test", "validation") for row in parts[name]}
    assert all({f"{label} 0", f"{label} 1"} <= used for label in left)
    more = split_rows(rows, {**sizes, "train": train + 1}, seed)
    assert more["test"] == parts["test"] and more["validation"] == parts["validation"]
    assert {str(row) for row in parts["train"]} <= {str(row) for row in more["train"]}


def test_too_many_are_refused() -> None:
    rows: list[dict[str, object]] = [{"text": str(n), "label": n % 3} for n in range(9)]
    with pytest.raises(ValueError, match="got 12 examples in all; there are 9"):
        split_rows(rows, {"train": 10, "validation": 1, "test": 1}, 0)
    with pytest.raises(ValueError, match="train: got 1; allowed: from 3"):
        split_rows(rows, {"train": 1, "validation": 1, "test": 1}, 0)


@pytest.mark.parametrize("task", ["gloss-classes", "parts-of-speech"])
def test_the_command_writes_the_same_bytes_twice(tmp_path: Path, task: str) -> None:
    write_excerpt(tmp_path / "wordnet")
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        done = run(
            task, "--out", str(folder), "--wordnet", str(tmp_path / "wordnet"),
            "--train", "40", "--validation", "10", "--test", "10",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "train 40" in done.stdout
    files = sorted(path.name for path in folders[0].iterdir())
    assert files == ["LICENSE.wordnet", "test.jsonl", "train.jsonl", "validation.jsonl"]
    for name in files:
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes()
    rows = [json.loads(line) for line in (folders[0] / "train.jsonl").read_text().splitlines()]
    assert len(rows) == 40 and all(row.keys() == {"text", "label"} for row in rows)


def test_the_command_fails_in_one_line(tmp_path: Path) -> None:
    done = run("gloss-classes", "--out", str(tmp_path / "out"), "--wordnet", str(tmp_path))
    assert done.returncode == 1 and done.stderr.startswith("error: WordNet's data.noun is in none of")
    assert "apt-get" in done.stderr and "Traceback" not in done.stderr
    done = run("gloss-classes", "--out", str(tmp_path), "--train", "0")
    assert done.returncode == 2 and "allowed: a whole number from 1" in done.stderr
