/** Reads an amount as people write it: 5e6, 5M, 1.2G, 300k. */
import { EstaError } from "../../errors.js";

const UNITS: Record<string, number> = { "": 1, k: 1e3, m: 1e6, g: 1e9, b: 1e9, t: 1e12 };

/** The number that `text` says, undefined where the flag was not given. @throws EstaError("usage") */
export function readAmount(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d+(?:\.\d*)?(?:e\+?\d+)?)\s*([kmgbt]?)$/i.exec(text.trim());
  const amount = match
    ? Number(match[1]) * (UNITS[(match[2] ?? "").toLowerCase()] ?? Number.NaN)
    : Number.NaN;
  if (Number.isFinite(amount) && amount > 0) return amount;
  throw new EstaError("usage", `--${flag} got "${text}"; allowed: a positive amount such as 5e6, 5M or 1.2G`);
}
