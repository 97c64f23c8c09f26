"""A small database in WordNet's format (wndb(5WN)): real lines beside ones made up for each class.

write_excerpt(folder)
"""

from __future__ import annotations

from pathlib import Path

DOG = (
    "02084071 05 n 03 dog 0 domestic_dog 0 Canis_familiaris 0 004 @ 02083346 n 0000 @ 01317541 n 0000 "
    "#m 02083863 n 0000 %p 02158846 n 0000 | a member of the genus Canis; occurs in many breeds; "
    '"the dog barked all night"  '
)
_HEAD = "  1 This software and database is  \n  2 being provided to you.  \n"
_FIRST_NOUN, _NOUNS, _A_CLASS = 3, 26, 10


def write_excerpt(folder: Path) -> None:
    """Ten nouns of each class under one hypernym a class, 60 verbs, adjectives and adverbs."""
    folder.mkdir(parents=True, exist_ok=True)
    nouns = [DOG, _line(1, 5, "n", "two", "of two kinds"), _line(2, 6, "n", "two", "of two kinds")]
    for number in range(_NOUNS):
        file = _FIRST_NOUN + number
        top = 1000 * (number + 1)
        nouns.append(_line(top, file, "n", f"kind{number}", f"the kind of number {number}"))
        for one in range(1, _A_CLASS):
            gloss = f'the thing of kind {number} that is called {one}; "thing {one} is here"'
            nouns.append(_line(top + one, file, "n", f"thing{number}_{one}", gloss, top))
    _write(folder / "data.noun", nouns)
    for name, file, letter in (("verb", 29, "v"), ("adj", 0, "a"), ("adv", 2, "r")):
        lines = [_line(n, file, letter, f"{name}{n}", f"how to be {name} of number {n}") for n in range(60)]
        _write(folder / f"data.{name}", lines)


def _line(offset: int, file: int, letter: str, word: str, gloss: str, hypernym: int | None = None) -> str:
    pointers = "000" if hypernym is None else f"001 @ {hypernym:08d} {letter} 0000"
    return f"{offset:08d} {file:02d} {letter} 01 {word} 0 {pointers} | {gloss}  "


def _write(file: Path, lines: list[str]) -> None:
    file.write_text(_HEAD + "".join(line + "\n" for line in lines), encoding="ascii")
