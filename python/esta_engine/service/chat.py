"""A conversation with a run's palette: JSON lines in and out, one process, the network resident.

In: `{"messages": [{role, content}, ...], "stitch": ID, "sampling": {...}}` asks for the next answer;
`{"stop": true}` ends the answer that is being given. Out: once `{"ready": {...}}`; for each request `{"text":
PIECE}` as it comes, then `{"done": {...}}`, or `{"error": {code, message, hint}}`. The front keeps the
history. stdin's end ends us.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import EngineError
from ..events import to_json_line
from ..plan import read_plan
from .environment import choose_device
from .run_folder import RunFolder

if TYPE_CHECKING:
    from ..nn.generation import Sampling
    from ..nn.network import StitchedNetwork

_UNFINISHED = "\N{REPLACEMENT CHARACTER}"


class Chat:
    """A palette that answers. Raises EngineError as `load_palette` does, and for palettes that do not
    speak.
    """

    def __init__(self, run: Path, device: str) -> None:
        from .restore import load_palette

        folder = RunFolder(run)
        folder.require_run()
        plan = read_plan(folder.plan)
        if plan.family.kind != "llama":
            raise EngineError(
                "plan",
                f"{run} holds a palette of {plan.family.kind} networks, which do not generate text",
                "Use `esta predict`, or adapt a family of language models.",
            )
        parts, self.palette = load_palette(folder, plan, choose_device(device))
        self.network: StitchedNetwork = parts.network
        self.tokenizer = parts.tokenizer
        #: Conversations are written as they were for training.
        self.template: str = (plan.config.get("task") or {}).get("template", "auto")
        self.stops = parts.stop_tokens
        self.context = parts.context

    def describe(self) -> dict[str, Any]:
        """What the front shows before the first question."""
        keys = ("id", "name", "macs", "params")
        stitches = [{key: one[key] for key in keys} for one in self.palette["stitches"]]
        own = self.template == "auto" and bool(self.tokenizer.chat_template)
        return {"stitches": stitches, "context": self.context, "template": own}

    def answer(self, request: dict[str, Any], stopped: Callable[[], bool]) -> Iterator[dict[str, Any]]:
        """Lines of one answer. Raises EngineError("plan" or "data") for a request that cannot be answered."""
        from ..data.chat import answer_text, conversation_tokens
        from ..nn.generation import generate
        from .restore import require_kept

        stitch = require_kept(self.palette, request.get("stitch"))
        sampling = _sampling(request.get("sampling") or {})
        prompt = conversation_tokens(
            self.tokenizer, request.get("messages") or [], answer=True, template=self.template
        )
        room = self.context - len(prompt)
        if room < 1:
            raise EngineError(
                "data",
                f"the conversation has {len(prompt)} tokens; the networks have positions for {self.context}",
                "Begin a new conversation.",
            )
        sampling = sampling if sampling.max_new_tokens <= room else _shortened(sampling, room)
        started, told, reason = time.monotonic(), "", "length"
        tokens: list[int] = []
        answer = generate(self.network, stitch, prompt, sampling, self.stops)
        while True:
            if stopped():
                reason = "stopped"
                break
            token = next(answer, None)
            if token is None:
                reason = "stop" if len(tokens) < sampling.max_new_tokens else "length"
                break
            tokens.append(token)
            text = answer_text(self.tokenizer, tokens)
            if text != told and not text.endswith(_UNFINISHED):  # a character may take several tokens
                yield {"text": text[len(told) :]}
                told = text
        text = answer_text(self.tokenizer, tokens)
        if text != told:
            yield {"text": text[len(told) :]}
        seconds = time.monotonic() - started
        counts = {"prompt_tokens": len(prompt), "tokens": len(tokens), "seconds": seconds}
        yield {"done": {"stitch": stitch, "reason": reason, **counts}}


def chat(run: Path, device: str) -> int:
    """Serve one conversation on stdin and stdout; prints of libraries go to stderr. Returns the exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the front owns Ctrl-C
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def tell(line: dict[str, Any]) -> None:
        answers.write(to_json_line(line))
        answers.flush()

    try:
        partner = Chat(run, device)
    except EngineError as error:
        tell({"error": {"code": error.code, "message": error.message, "hint": error.hint}})
        return error.exit_code
    requests: queue.Queue[dict[str, Any] | None] = queue.Queue()
    stop = threading.Event()
    threading.Thread(target=_listen, args=(requests, stop), daemon=True).start()
    tell({"ready": partner.describe()})
    while (request := requests.get()) is not None:
        stop.clear()
        try:
            for line in partner.answer(request, stop.is_set):
                tell(line)
        except EngineError as error:
            tell({"error": {"code": error.code, "message": error.message, "hint": error.hint}})
        except BrokenPipeError:
            return 0
    return 0


def _listen(requests: queue.Queue[dict[str, Any] | None], stop: threading.Event) -> None:
    """Hear stdin while an answer is being given; its end stops the answer and the conversation."""
    for line in sys.stdin:
        try:
            request = json.loads(line)
        except ValueError:
            request = {}
        if isinstance(request, dict) and request.get("stop"):
            stop.set()
        else:
            requests.put(request if isinstance(request, dict) else {})
    stop.set()
    requests.put(None)


def _sampling(given: dict[str, Any]) -> Sampling:
    """Raises EngineError("plan") for a setting that there is not, or that is no number."""
    from ..nn.generation import Sampling

    types = {field.name: (float if field.type == "float" else int) for field in fields(Sampling)}
    for name, value in given.items():
        if name not in types:
            raise EngineError("plan", f"no sampling setting {name!r}; there are {', '.join(types)}")
        whole = types[name] is int
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
            wanted = "a whole number" if whole else "a number"
            raise EngineError("plan", f"{name}: got {value!r}; allowed: {wanted}")
    sampling = Sampling(**given)
    sampling.check()
    return sampling


def _shortened(sampling: Sampling, most: int) -> Sampling:
    from dataclasses import replace

    return replace(sampling, max_new_tokens=most)
