import { EstaError } from "../../errors.js";
import { type Check, doctor } from "../../sdk/doctor.js";
import { defineCommand, shared } from "../command.js";

const MARKS: Record<Check["status"], string> = { ok: "ok", warning: "note", error: "FAIL" };

export const command = defineCommand({
  details:
    "Looks at Node, Python, PyTorch and its devices, memory, disk and the packages, and says for " +
    "each what was found, what is needed and what to do. It exits with 0 where runs on the CPU " +
    "work, else with 3.",
  next: [["$0 setup", "makes or mends the Python environment"]],
  options: (yargs) => yargs.options({ python: shared.python }),
  examples: [["$0 doctor --json", "the same for a script"]],
  async run(args, output) {
    const checks = await doctor({ python: args.python });
    const failed = checks.filter((check) => check.status === "error");
    output.result({ ok: failed.length === 0, checks }, checks.map(line).join("\n"));
    if (failed.length > 0) process.exitCode = new EstaError("environment", "").exitCode;
  },
});

function line({ name, status, found, needed, hint }: Check): string {
  const need = status === "ok" ? "" : `  (needed: ${needed})`;
  const remedy = status === "ok" || hint === undefined ? "" : `\n       → ${hint}`;
  return `${MARKS[status].padEnd(4)}  ${name.padEnd(14)} ${found}${need}${remedy}`;
}
