"""`python -m esta_engine`: the engine's jobs, one process each; torch is imported by what needs it."""

from __future__ import annotations

import argparse
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from .events import EventWriter, find_front

if TYPE_CHECKING:
    from .service.job import Options


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns its exit code (see errors.EXIT_CODES; 130 and 143 after a signal)."""
    front = find_front()  # before any file is opened
    parsed = make_parser().parse_args(arguments)
    try:
        code: int = parsed.execute(parsed, front)
    except Exception as error:  # before the run folder was ours: the front is told, the folder left alone
        from .service.job import tell_failure

        with EventWriter(None, str(uuid.uuid4()), front) as events:
            return tell_failure(error, events)
    return code


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="esta_engine", description="Executes estakit's plans.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = _job(commands, "run", "execute a plan in a fresh run folder", _run)
    run.add_argument("--plan", type=Path, required=True)
    run.add_argument("--force", action="store_true", help="replace the run that the folder holds")
    resume = _job(commands, "resume", "go on from the last checkpoint", _resume)
    for training in (run, resume):
        training.add_argument("--evaluate", default="palette", choices=("palette", "all"))
    evaluate = _job(commands, "evaluate", "measure stitches of a finished run", _evaluate)
    evaluate.add_argument("--stitches", default="palette", help="palette, all, or ids separated by commas")
    evaluate.add_argument("--split", default="test", choices=("train", "validation", "test"))
    latency = _job(commands, "latency", "measure how long stitches of a finished run take", _latency)
    latency.add_argument("--stitches", default="palette", help="palette, all, or ids separated by commas")
    latency.add_argument("--batch-sizes", type=int, nargs="+", default=[1])
    latency.add_argument("--repeats", type=int, default=20, help="counted rounds")
    export = _job(commands, "export", "write one stitch as a plain network", _export)
    export.add_argument("--stitch", type=int, required=True)
    export.add_argument("--out", type=Path, required=True)
    export.add_argument("--force", action="store_true", help="replace what the folder holds")

    probe = commands.add_parser("probe", help="measure the memory of one real training step of a plan")
    probe.add_argument("--plan", type=Path, required=True)
    probe.add_argument("--device", help="in place of the plan's")
    probe.add_argument("--allow-download", action="store_true", help="fetch hub weights that are not cached")
    probe.set_defaults(execute=_probe)

    dry = commands.add_parser("dry-run", help="try a plan's shapes and parameters without weights")
    dry.add_argument("--plan", type=Path, required=True)
    dry.set_defaults(execute=_dry_run)

    fetch = commands.add_parser("fetch", help="download a model of the hub into its cache")
    fetch.add_argument("id", help="owner/name")
    fetch.add_argument("--revision", help="commit, tag or branch")
    fetch.set_defaults(execute=_fetch)
    query = commands.add_parser("query", help="answer JSON requests, one a line of stdin")
    query.set_defaults(execute=_query)
    chat = commands.add_parser("chat", help="talk with a run's palette, by JSON lines on stdin and stdout")
    chat.add_argument("--run-dir", type=Path, required=True)
    chat.add_argument("--device", default="auto")
    chat.set_defaults(execute=_chat)
    return parser


def _job(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str, execute: object
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text)
    parser.add_argument("--run-dir", type=Path, required=True)
    parser.add_argument("--device", help="in place of the plan's, or of the one that the run began on")
    parser.add_argument("--allow-download", action="store_true", help="fetch hub weights that are not cached")
    parser.set_defaults(execute=execute)
    return parser


def _options(parsed: argparse.Namespace, front: int | None) -> Options:
    from .service.job import Options
    from .service.signals import StopRequest

    stop = StopRequest()
    stop.install()
    every = getattr(parsed, "evaluate", "palette") == "all"
    return Options(parsed.run_dir, front, parsed.device, parsed.allow_download, every, stop)


def _run(parsed: argparse.Namespace, front: int | None) -> int:
    from .service.run import run

    return run(parsed.plan, _options(parsed, front), parsed.force)


def _resume(parsed: argparse.Namespace, front: int | None) -> int:
    from .service.run import resume

    return resume(_options(parsed, front))


def _evaluate(parsed: argparse.Namespace, front: int | None) -> int:
    from .service.evaluate import evaluate

    return evaluate(_options(parsed, front), parsed.stitches, parsed.split)


def _latency(parsed: argparse.Namespace, front: int | None) -> int:
    from .service.latency import latency

    return latency(_options(parsed, front), parsed.stitches, parsed.batch_sizes, parsed.repeats)


def _export(parsed: argparse.Namespace, front: int | None) -> int:
    from .service.export import export

    return export(_options(parsed, front), parsed.stitch, parsed.out, parsed.force)


def _probe(parsed: argparse.Namespace, front: int | None) -> int:
    from .service.probe import probe

    return probe(parsed.plan, front, parsed.device, parsed.allow_download)


def _dry_run(parsed: argparse.Namespace, front: int | None) -> int:
    from .service.dry_run import dry_run

    return dry_run(parsed.plan, front)


def _fetch(parsed: argparse.Namespace, front: int | None) -> int:
    import json
    import time

    from .anchors.sources import fetch_hub

    began = time.monotonic()
    folder = fetch_hub(parsed.id, parsed.revision, allow_download=True)
    # The hub's cache names a snapshot's folder by its commit.
    sys.stdout.write(json.dumps({"id": parsed.id, "revision": folder.name, "folder": str(folder)}) + "\n")
    with EventWriter(None, str(uuid.uuid4()), front) as events:
        seconds = time.monotonic() - began
        events.write("finished", outputs=[str(folder)], seconds=seconds, training_seconds=0.0)
    return 0


def _query(parsed: argparse.Namespace, front: int | None) -> int:
    from .service.queries import serve

    return serve()


def _chat(parsed: argparse.Namespace, front: int | None) -> int:
    from .service.chat import chat

    return chat(parsed.run_dir, parsed.device)


if __name__ == "__main__":
    sys.exit(main())
