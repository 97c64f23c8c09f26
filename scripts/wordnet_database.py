"""WordNet 3.0's data files, as Debian's `wordnet-base` installs them; format: wndb(5WN), lexnames(5WN).

A line of `data.noun` is one synset, words of one meaning:

    02084071 05 n 03 dog 0 domestic_dog 0 Canis_familiaris 0 023 @ 02083346 n 0000 ... | a member ...; "..."

that is offset, lexicographer file, type, number of words (hexadecimal), words each with an id, number of
pointers, pointers of four fields each (`@` a hypernym, `@i` of an instance), for verbs frames, the gloss.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PARTS_OF_SPEECH = {"noun": "n", "verb": "v", "adjective": "a", "adverb": "r"}
_FILES = {"noun": "data.noun", "verb": "data.verb", "adjective": "data.adj", "adverb": "data.adv"}
#: By number, from lexnames(5WN); the package does not carry that file.
_BY_PART = (
    ("adj", "all pert"),
    ("adv", "all"),
    (
        "noun",
        "Tops act animal artifact attribute body cognition communication event feeling food group location "
        "motive object person phenomenon plant possession process quantity relation shape state substance "
        "time",
    ),
    (
        "verb",
        "body change cognition communication competition consumption contact creation emotion motion "
        "perception possession social stative weather",
    ),
    ("adj", "ppl"),
)
LEXICOGRAPHER_FILES = tuple(f"{part}.{name}" for part, names in _BY_PART for name in names.split())
NOUN_CATEGORIES = tuple(name[5:] for name in LEXICOGRAPHER_FILES if name.startswith("noun."))

DEBIAN_FOLDER = Path("/usr/share/wordnet")
_HELP = """Install it: apt-get install wordnet-base
Or, without root: apt-get download wordnet-base && dpkg -x wordnet-base_*.deb wordnet-base
and then pass --wordnet wordnet-base"""
# An example is quoted and set off: `a dwelling; "he has a house"`. Quotes inside a definition stay.
_EXAMPLES = re.compile(r'(?:[;:,]|\be\.g\.,?)\s*"|\s"[^"]*"[\s;]*$')
_QUOTED = re.compile(r'"([^"]+)"')
_MARKER = re.compile(r"\((?:a|p|ip)\)$")


#: One synset in as many is kept from the pre-training of tiny-llama.
HELD_OUT_SHARE = 20


class WordNetError(Exception):
    """WordNet is not there, or a file is not in its format."""


@dataclass(frozen=True)
class Synset:
    """Words of one meaning. `key`: letter of the part of speech and offset, as pointers name it."""

    key: str
    part_of_speech: str
    category: str
    words: tuple[str, ...]
    hypernyms: tuple[str, ...]
    definition: str
    examples: tuple[str, ...]


def find_folder(given: Path | None = None) -> Path:
    """The folder of WordNet's data files: the one given (or the root of an unpacked package), else
    $WNSEARCHDIR, $WNHOME/dict, Debian's.
    """
    if given is not None:
        candidates = [given, given / DEBIAN_FOLDER.relative_to("/")]
    else:
        candidates = [Path(os.environ[name]) for name in ("WNSEARCHDIR",) if os.environ.get(name)]
        candidates += [Path(os.environ["WNHOME"]) / "dict"] if os.environ.get("WNHOME") else []
        candidates.append(DEBIAN_FOLDER)
    for folder in candidates:
        if (folder / _FILES["noun"]).is_file():
            return folder
    raise WordNetError(
        f"WordNet's {_FILES['noun']} is in none of {', '.join(map(str, candidates))}.\n{_HELP}"
    )


def read_synsets(folder: Path, part_of_speech: str = "noun") -> list[Synset]:
    """All synsets of one part of speech, in the file's order. Raises WordNetError, naming the line."""
    return list(_read(folder / _FILES[part_of_speech], part_of_speech))


def read_all(folder: Path) -> list[Synset]:
    return [synset for part in PARTS_OF_SPEECH for synset in read_synsets(folder, part)]


def read_licence(folder: Path) -> str:
    """The notice that every copy, modifications too, must carry: the head of each data file."""
    with (folder / _FILES["noun"]).open(encoding="ascii") as lines:
        head = list(_until_synsets(lines))
    return "\n".join(line.strip().partition(" ")[2].strip() for line in head) + "\n"


def _until_synsets(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        if not line.startswith("  "):
            return
        yield line


def _read(file: Path, part_of_speech: str) -> Iterator[Synset]:
    try:
        with file.open(encoding="ascii") as lines:
            for number, line in enumerate(lines, 1):
                if line.startswith("  "):
                    continue  # the licence
                try:
                    yield parse_synset(line, part_of_speech)
                except (ValueError, IndexError) as error:
                    raise WordNetError(f"{file}, line {number}: not in wndb(5WN)'s format: {error}") from None
    except FileNotFoundError:
        raise WordNetError(f"{file} is missing.\n{_HELP}") from None


def parse_synset(line: str, part_of_speech: str) -> Synset:
    """One line of a data file. Raises ValueError or IndexError where it is not one."""
    fields, bar, gloss = line.partition(" | ")
    if not bar:
        raise ValueError("no gloss")
    parts = fields.split()
    offset, lexicographer, count = parts[0], int(parts[1]), int(parts[3], 16)
    words = parts[4 : 4 + 2 * count : 2]
    pointers = parts[4 + 2 * count :]
    end = 1 + 4 * int(pointers[0])
    if len(words) != count or len(pointers) < end:
        raise ValueError("fewer fields than it says")
    hypernyms = [pointers[i + 2] + pointers[i + 1] for i in range(1, end, 4) if pointers[i] in ("@", "@i")]
    definition, examples = split_gloss(gloss)
    return Synset(
        key=PARTS_OF_SPEECH[part_of_speech] + offset,
        part_of_speech=part_of_speech,
        category=LEXICOGRAPHER_FILES[lexicographer].partition(".")[2],
        words=tuple(_MARKER.sub("", word).replace("_", " ") for word in words),
        hypernyms=tuple(hypernyms),
        definition=definition,
        examples=examples,
    )


def stable_number(*parts: object) -> int:
    """A number from 0 to 2 ** 64 - 1 that looks random and depends on the parts alone."""
    return int.from_bytes(hashlib.sha256(":".join(map(str, parts)).encode()).digest()[:8], "big")


def is_held_out(synset: Synset) -> bool:
    """Whether tiny-llama is not pre-trained on the synset; the same for every seed, so that no model of the
    family has seen what questions are about.
    """
    return stable_number(synset.key, "held out") % HELD_OUT_SHARE == 0


def split_gloss(gloss: str) -> tuple[str, tuple[str, ...]]:
    """The definition without its quoted examples, and these."""
    start = _EXAMPLES.search(gloss)
    cut = len(gloss) if start is None else start.start()
    definition = " ".join(gloss[:cut].split()).strip(" ;:,")
    if definition.count('"') % 2:
        definition = definition.replace('"', "").strip()  # WordNet has some that are opened or closed only
    examples = tuple(example.strip() for example in _QUOTED.findall(gloss[cut:]))
    return definition, examples
