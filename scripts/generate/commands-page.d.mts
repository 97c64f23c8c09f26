import type { COMMANDS } from "../../ts/cli/commands.js";
import type { readDeclared } from "../../ts/cli/declared.js";

export function commandsPage(commands: typeof COMMANDS, read: typeof readDeclared): Promise<string>;
