/**
 * Sets estakit up from nothing but Node and Python, with no package installed: `npm run setup`, and the first part
 * of `npm test` and `npm run demo`. Each step is skipped where its stamp says that it is done, so a second call
 * costs a fraction of a second, and an interrupted set-up is taken up where it broke off.
 *
 *     node scripts/bootstrap.mjs [--dev] [--python PATH] [--torch cpu|cuda] [--torch-index URL]
 */
import { parseArgs } from "node:util";
import { bootstrapOrExit } from "./setup/command.mjs";

const { values } = parseArgs({
  options: {
    dev: { type: "boolean", default: false },
    python: { type: "string" },
    torch: { type: "string" },
    "torch-index": { type: "string" },
  },
});
const { "torch-index": torchIndex, ...rest } = values;
const started = performance.now();
const python = await bootstrapOrExit({ ...rest, torchIndex });
const seconds = ((performance.now() - started) / 1000).toFixed(1);
process.stderr.write(`set-up: ready in ${seconds} s (${python})\n`);
