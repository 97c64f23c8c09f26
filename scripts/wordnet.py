"""Data for text tasks out of WordNet (Debian package `wordnet-base`), as JSONL files.

    python scripts/wordnet.py gloss-classes --out DIR      # a noun's definition -> one of 26 classes
    python scripts/wordnet.py parts-of-speech --out DIR    # a definition -> noun, verb, adjective, adverb
    python scripts/wordnet.py questions --out DIR          # four choices, for instruction tuning

Each writes train.jsonl, validation.jsonl, test.jsonl and LICENSE.wordnet into DIR; columns are `text` and
`label`, those of questions `instruction`, `choices` and `answer`. Definitions come without their quoted
examples; no text, and no word that is asked about, is in two parts. Same seed and sizes: same bytes.
It needs nothing but Python.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import wordnet_tasks as tasks
from wordnet_database import WordNetError, find_folder, read_all, read_licence, read_synsets
from wordnet_questions import make_questions

PARTS = ("train", "validation", "test")


def gloss_classes(folder: Path, args: argparse.Namespace) -> dict[str, list[tasks.Row]]:
    return tasks.split_rows(tasks.gloss_classes(read_synsets(folder)), sizes(args), args.seed)


def parts_of_speech(folder: Path, args: argparse.Namespace) -> dict[str, list[tasks.Row]]:
    rows = tasks.parts_of_speech(read_all(folder), args.seed)
    return tasks.split_rows(rows, sizes(args), args.seed)


def questions(folder: Path, args: argparse.Namespace) -> dict[str, list[tasks.Row]]:
    return make_questions(read_all(folder), sizes(args), args.seed)


COMMANDS = {
    "gloss-classes": (gloss_classes, "a noun's definition -> its class: animal, person, ...; 26 of them"),
    "parts-of-speech": (parts_of_speech, "a definition -> its part of speech; four, equally frequent"),
    "questions": (questions, "questions about words that tiny-llama has not seen defined, four choices each"),
}  # fmt: skip


def sizes(args: argparse.Namespace) -> dict[str, int]:
    return {name: getattr(args, name) for name in PARTS}


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"got {text}; allowed: a whole number from 1")
    return int(text)


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Make JSONL files for text tasks out of WordNet.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="TASK")
    for name, (_, text) in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write into")
        for part, size in zip(PARTS, (1000, 500, 1000), strict=True):
            command.add_argument(
                f"--{part}", type=positive, default=size, metavar="N", help=f"default {size}"
            )
        command.add_argument("--seed", type=int, default=0)
        command.add_argument(
            "--wordnet", type=Path, metavar="DIR", help="WordNet's data files; found by itself if installed"
        )
    return parser


def main() -> int:
    args = make_parser().parse_args()
    try:
        folder = find_folder(args.wordnet)
        parts = COMMANDS[args.command][0](folder, args)
        tasks.write_parts(args.out, parts, read_licence(folder))
    except (WordNetError, ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{args.out}: {tasks.describe(parts)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
