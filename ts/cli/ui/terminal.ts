/** What the terminal at hand can do: whether to ask, to redraw, to use more than ASCII. */

type Environment = Readonly<Record<string, string | undefined>>;

/** Continuous integration sets CI; `CI=false` is how people take it back. */
const inCi = (env: Environment): boolean => !["", "0", "false"].includes(env.CI ?? "");

/** Whether questions can be asked: all three streams are a terminal that can be redrawn, and nobody is a script. */
export function canAsk(env: Environment = process.env): boolean {
  const terminals = [process.stdin.isTTY, process.stdout.isTTY, process.stderr.isTTY];
  return terminals.every((is) => is === true) && !inCi(env) && env.TERM !== "dumb";
}

/** Whether stderr may be redrawn. */
export function canRedraw(env: Environment = process.env): boolean {
  return process.stderr.isTTY === true && !inCi(env) && env.TERM !== "dumb";
}

/**
 * Whether the locale has more than ASCII: the first of LC_ALL, LC_CTYPE and LANG that is set decides. Where none
 * is, as in many containers, the terminal is taken to be a present-day one.
 */
export function hasUnicode(env: Environment = process.env): boolean {
  if (env.TERM === "linux") return false;
  const locale = [env.LC_ALL, env.LC_CTYPE, env.LANG].find((value) => value !== undefined && value !== "");
  return locale === undefined || /utf-?8/i.test(locale);
}

/** Text cut to `width` columns; every character is taken as one column wide. */
export function cutTo(text: string, width: number, unicode = hasUnicode()): string {
  const characters = [...text];
  if (characters.length <= width) return text;
  const mark = unicode ? "…" : "~";
  return characters.slice(0, Math.max(0, width - 1)).join("") + mark;
}
