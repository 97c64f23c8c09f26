/**
 * The questions of clack with what it lacks: Esc goes back while Ctrl-C leaves, ASCII where the locale has no more,
 * and no colour under NO_COLOR. Everything is drawn on stderr, for stdout holds results.
 */
import type * as Clack from "@clack/prompts";
import { hasUnicode } from "../terminal.js";

/** Answers that are none: one question back, or leave without writing. */
export const BACK = Symbol("back");
export const LEAVE = Symbol("leave");
export type Answer<Value> = Value | typeof BACK | typeof LEAVE;

export interface Choice<Value extends string | number> {
  value: Value;
  label: string;
  /** Shown beside the choice while it is the active one. */
  hint?: string | undefined;
}

export interface Prompts {
  /** Columns that a choice may fill without being wrapped. */
  readonly columns: number;
  select<Value extends string | number>(
    message: string,
    choices: readonly Choice<Value>[],
    initial?: Value,
  ): Promise<Answer<Value>>;
  /** `check` says what is wrong with what was typed, or nothing. */
  text(
    message: string,
    options: {
      placeholder?: string | undefined;
      initial?: string | undefined;
      check(value: string): string | undefined | Promise<string | undefined>;
    },
  ): Promise<Answer<string>>;
  intro(text: string): void;
  note(text: string, title: string): void;
  info(text: string): void;
  warn(text: string): void;
  outro(text: string): void;
  /** Ends with a word on what did not happen. */
  cancelled(text: string): void;
}

/** Guide and mark take five columns; clack counts the escape codes of the guide's colour too. */
const CHOICE_MARGIN = 5 + "\x1b[36m\x1b[39m".length;

export async function openPrompts(): Promise<Prompts> {
  const clack = await loadClack();
  const output = filtered(process.stderr, { colour: !process.env.NO_COLOR, unicode: hasUnicode() });
  const lastKey = watchKeys();
  const asked = async <Value>(
    prompt: Promise<Value | typeof Clack.CANCEL_SYMBOL>,
  ): Promise<Answer<Value>> => {
    const answer = await prompt;
    if (!clack.isCancel(answer)) return answer as Value;
    return lastKey() === "escape" ? BACK : LEAVE;
  };
  return {
    get columns() {
      return (process.stderr.columns ?? 80) - CHOICE_MARGIN;
    },
    select: (message, choices, initial) =>
      asked(
        clack.select({
          message,
          output,
          options: choices.map(({ value, label, hint }) => ({
            value,
            label,
            ...(hint ? { hint } : {}),
          })) as never,
          ...(initial === undefined ? {} : { initialValue: initial }),
          showInstructions: false,
        }),
      ),
    text: (message, { placeholder, initial, check }) =>
      asked(
        clack.text({
          message,
          output,
          ...(placeholder === undefined ? {} : { placeholder }),
          ...(initial === undefined ? {} : { initialValue: initial }),
          validate: (value) => check((value ?? "").trim()),
        }),
      ).then((answer) => (typeof answer === "string" ? answer.trim() : answer)),
    intro: (text) => clack.intro(text, { output }),
    note: (text, title) => clack.note(text, title, { output, format: (line) => line }),
    info: (text) => clack.log.info(text, { output }),
    warn: (text) => clack.log.warn(text, { output }),
    outro: (text) => clack.outro(text, { output }),
    cancelled: (text) => clack.cancel(text, { output }),
  };
}

/** clack chooses its symbols once, at import, and by TERM alone: the console of Linux is its one ASCII terminal. */
async function loadClack(): Promise<typeof Clack> {
  const { TERM } = process.env;
  if (!hasUnicode()) process.env.TERM = "linux";
  try {
    return await import("@clack/prompts");
  } finally {
    if (TERM === undefined) delete process.env.TERM;
    else process.env.TERM = TERM;
  }
}

/** clack cancels on Esc as on Ctrl-C; the key itself tells which it was. */
function watchKeys(): () => string | undefined {
  let last: string | undefined;
  process.stdin.on("keypress", (_text: string | undefined, key: { name?: string } | undefined) => {
    last = key?.name;
  });
  return () => last;
}

/** SGR sequences that set a foreground or background colour; bold, dim and inverse are none. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
const COLOUR = /\x1b\[(?:3[0-79]|4[0-79]|9[0-7]|10[0-7]|[34]8;[\d;]+)m/g;

/** What clack's ASCII symbols leave that is none. */
const NOT_ASCII: Record<string, string> = { "—": "-", "•": "*" };

/**
 * The stream with what it should not get taken out: `util.styleText` of Node 20, which clack uses, knows nothing of
 * NO_COLOR.
 */
function filtered(
  stream: NodeJS.WriteStream,
  { colour, unicode }: { colour: boolean; unicode: boolean },
): NodeJS.WriteStream {
  if (colour && unicode) return stream;
  const clean = (text: string) => {
    const plain = colour ? text : text.replaceAll(COLOUR, "");
    return unicode ? plain : plain.replaceAll(/[—•]/g, (symbol) => NOT_ASCII[symbol] ?? symbol);
  };
  const write = (text: string | Uint8Array, ...rest: never[]) =>
    stream.write(typeof text === "string" ? clean(text) : text, ...rest);
  return new Proxy(stream, {
    get(target, key) {
      if (key === "write") return write;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
