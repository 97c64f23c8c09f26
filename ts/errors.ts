/**
 * The one error class of estakit. Expected failures carry a code that names the kind of failure, which the
 * command line turns into its exit code; anything else that is thrown is a defect and exits with 1, as does
 * a failure that the engine did not expect.
 */

/** Exit code of each kind of expected failure (see "Command line" in docs/cli.md). */
export const EXIT_CODES = {
  unexpected: 1,
  usage: 2,
  configuration: 2,
  environment: 3,
  engine: 4,
  budget: 5,
} as const;

export type ErrorCode = keyof typeof EXIT_CODES;

export interface EstaErrorOptions {
  /** What to do about it, as one sentence or a few lines. */
  hint?: string;
  /** The same facts for programs, as JSON: what `--json` prints beside the message. */
  details?: unknown;
  cause?: unknown;
}

/** An expected failure: `message` says what was got and what is allowed, `hint` what to do. */
export class EstaError extends Error {
  override readonly name = "EstaError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: unknown;

  constructor(code: ErrorCode, message: string, options: EstaErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.details = options.details;
  }

  get exitCode(): number {
    return EXIT_CODES[this.code];
  }
}
