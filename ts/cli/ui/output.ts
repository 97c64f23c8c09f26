/**
 * What reaches a person or a program: results on stdout (text, or one JSON object), everything else on stderr.
 * Colours are chalk's, which honours NO_COLOR and FORCE_COLOR and leaves pipes alone.
 */
import { Chalk, type ChalkInstance, supportsColorStderr } from "chalk";
import { EstaError } from "../../errors.js";
import { toAscii } from "./ascii.js";
import { hasUnicode } from "./terminal.js";

export interface Output {
  readonly json: boolean;
  /** Columns that a table or chart may fill. */
  readonly width: number;
  /** Whether stdout takes colour. */
  readonly color: boolean;
  /** For messages on stderr. */
  readonly paint: ChalkInstance;
  /** The result of the command: `value` with `--json`, else the text. */
  result(value: unknown, text: string): void;
  /** A line for people, on stderr; not shown with `--json`. */
  note(text: string): void;
  warn(text: string): void;
  failure(error: unknown, options: { verbose: boolean }): void;
}

export function makeOutput({ json }: { json: boolean }): Output {
  ignoreClosedPipes();
  const paint = new Chalk(supportsColorStderr ? { level: supportsColorStderr.level } : { level: 0 });
  const shown = hasUnicode() ? (text: string) => text : toAscii;
  const say = (text: string) => void process.stderr.write(`${shown(text)}\n`);
  return {
    json,
    width: Math.min(process.stdout.columns ?? 100, 110),
    color: !json && new Chalk().level > 0,
    paint,
    result: (value, text) => void process.stdout.write(`${json ? JSON.stringify(value) : shown(text)}\n`),
    note: (text) => (json ? undefined : say(text)),
    warn: (text) => say(`${paint.yellow("warning:")} ${text}`),
    failure: (error, { verbose }) => {
      const known = error instanceof EstaError;
      const message = error instanceof Error ? error.message : String(error);
      if (json) process.stdout.write(`${JSON.stringify({ error: asJson(error, message) })}\n`);
      say(`${paint.red(known ? "error:" : "unexpected error:")} ${message}`);
      if (known && error.hint !== undefined) say(`${paint.dim("→")} ${error.hint}`);
      if (error instanceof Error && (verbose || !known)) say(paint.dim(stackOf(error)));
    },
  };
}

/** Text that yargs made: `--help` and `--version` are results. */
export function printHelp(text: string): void {
  if (text !== "") process.stdout.write(`${text}\n`);
}

function asJson(error: unknown, message: string) {
  if (!(error instanceof EstaError)) return { code: "unexpected", message };
  const { code, hint, details } = error;
  return { code, message, hint: hint ?? null, details: details ?? null };
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : "";
  return `${error.stack ?? error.message}${cause}`;
}

/** `esta ... | head` closes our stdout early: that is no failure, and a run behind it goes on. */
function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.listenerCount("error") > 0) continue;
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
  }
}
