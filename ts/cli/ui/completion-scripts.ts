/** The scripts that teach a shell to complete `esta`: one file a shell under configs/completion, which ships. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../planning/package-root.js";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** What parts the words in ESTA_WORDS, the scripts' question to `esta completion`: no one types it. */
export const SEPARATOR = "\x1f";

export const completionScript = (shell: Shell): string =>
  readFileSync(join(packageRoot(), "configs", "completion", `esta.${shell}`), "utf8").trimEnd();
