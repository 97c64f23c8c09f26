/** Writes a comparison as a page, Markdown or JSON. */
import { extname } from "node:path";
import type { ArmComparison } from "../analysis/comparison.js";
import { EstaError } from "../errors.js";
import { replaceFile } from "./replace-file.js";

const FORMS: Record<string, (comparison: ArmComparison) => string | Promise<string>> = {
  ".html": (comparison) => comparison.toHTML(),
  ".md": (comparison) => comparison.toMarkdown(),
  ".json": (comparison) => `${JSON.stringify(comparison.toJSON(), null, 2)}\n`,
};

/** @throws EstaError("usage") for a name with another ending. */
export function checkComparisonFile(file: string): void {
  if (extname(file) in FORMS) return;
  const endings = Object.keys(FORMS).join(", ");
  throw new EstaError("usage", `the comparison's file is ${file}; allowed endings: ${endings}`);
}

/** Writes `file`, whose ending says its form; its folder is made. */
export async function writeComparison(comparison: ArmComparison, file: string): Promise<string> {
  checkComparisonFile(file);
  const text = await (FORMS[extname(file)] as (one: ArmComparison) => string | Promise<string>)(comparison);
  await replaceFile(file, text);
  return file;
}
