/** Reads an amount as people write it: 5e6, 5M, 1.2G, 300k; of memory 20MB, 1.5GiB; of time 5ms, 0.2s. */
import { EstaError } from "../../errors.js";

export type AmountKind = "count" | "bytes" | "milliseconds";

interface Amounts {
  /** Unit as written, in lower case -> its factor. */
  units: Readonly<Record<string, number>>;
  examples: string;
}

const AMOUNTS: Readonly<Record<AmountKind, Amounts>> = {
  count: {
    units: { "": 1, k: 1e3, m: 1e6, g: 1e9, b: 1e9, t: 1e12 },
    examples: "a positive amount such as 5e6, 5M or 1.2G",
  },
  bytes: {
    units: { "": 1, b: 1, ...bytePrefixes() },
    examples: "a positive amount of memory such as 20MB, 512KiB or 1.5G",
  },
  milliseconds: {
    units: { "": 1, us: 1e-3, µs: 1e-3, ms: 1, s: 1e3 },
    examples: "a positive time such as 5ms, 800us or 0.2s (a bare number: milliseconds)",
  },
};

function bytePrefixes(): Record<string, number> {
  const letters = ["k", "m", "g", "t"];
  return Object.fromEntries(
    letters.flatMap((letter, i) => [
      [letter, 1000 ** (i + 1)],
      [`${letter}b`, 1000 ** (i + 1)],
      [`${letter}ib`, 1024 ** (i + 1)],
    ]),
  );
}

/** The number that `text` says, in units or bytes or ms; undefined where the flag was not given. @throws EstaError("usage") */
export function readAmount(
  flag: string,
  text: string | undefined,
  kind: AmountKind = "count",
): number | undefined {
  if (text === undefined) return undefined;
  const { units, examples } = AMOUNTS[kind];
  const match = /^(\d*\.?\d+(?:e[+-]?\d+)?|\d+\.)\s*([a-zµ]*)$/i.exec(text.trim());
  const unit = (match?.[2] ?? "").toLowerCase();
  const amount =
    match && Object.hasOwn(units, unit) ? Number(match[1]) * (units[unit] as number) : Number.NaN;
  if (Number.isFinite(amount) && amount > 0) return amount;
  throw new EstaError("usage", `--${flag} got "${text}"; allowed: ${examples}`);
}
