"""The engine's one error class: an expected failure, whose code the front turns into an exit code."""

from __future__ import annotations

from typing import Literal, get_args

ErrorCode = Literal["plan", "environment", "data", "weights", "numeric", "busy", "unexpected"]

ERROR_CODES: tuple[str, ...] = get_args(ErrorCode)

#: Exit code of each kind of failure; the same table as in ts/errors.ts and docs/cli.md.
EXIT_CODES: dict[str, int] = {
    "plan": 2,
    "environment": 3,
    "data": 4,
    "weights": 4,
    "numeric": 4,
    "busy": 4,
    "unexpected": 1,
}


class EngineError(Exception):
    """An expected failure: `message` says what was got and what is allowed, `hint` what to do.

    `step` and `stitch` name where training failed, `checkpoint_step` the last good checkpoint.
    """

    def __init__(
        self,
        code: ErrorCode,
        message: str,
        hint: str | None = None,
        *,
        step: int | None = None,
        stitch: int | None = None,
        checkpoint_step: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code: ErrorCode = code
        self.message = message
        self.hint = hint
        self.step = step
        self.stitch = stitch
        self.checkpoint_step = checkpoint_step

    @property
    def exit_code(self) -> int:
        return EXIT_CODES[self.code]
