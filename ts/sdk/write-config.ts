/** Writes a configuration to a file that is not there yet, after it was read back without a problem. */
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseConfig } from "../config/read.js";
import { EstaError } from "../errors.js";
import { replaceFile } from "./replace-file.js";

/**
 * Writes `text` to `file`, whole or not at all.
 *
 * @throws EstaError("usage") where the file is there and `force` is not given, EstaError("configuration") where
 *   the text is no configuration.
 */
export async function writeConfig(
  file: string,
  text: string,
  options: { force?: boolean } = {},
): Promise<void> {
  refuseExisting(file, options.force ?? false);
  parseConfig(text, { source: file, baseFolder: dirname(resolve(file)) });
  await replaceFile(file, text);
}

/** @throws EstaError("usage") where `file` is there and may not be replaced. */
export function refuseExisting(file: string, force: boolean): void {
  if (force || !existsSync(file)) return;
  throw new EstaError("usage", `${file} is there already`, {
    hint: "Name another file, or give --force to replace it.",
  });
}
