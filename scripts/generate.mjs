/**
 * Writes the files that are generated: from the zod schemas the JSON Schema of the plan, which the engine checks
 * against, and of the configuration, for editors; and the reference in docs/reference/ from that schema, the
 * commands and the SDK's declarations. Run it with `npm run generate` after a change in any of them;
 * tests/ts/generated.test.ts and tests/ts/sdk/surface.test.ts fail while they are stale.
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { commandsPage } from "./generate/commands-page.mjs";
import { configurationPage } from "./generate/configuration-page.mjs";
import { readDeclarations } from "./generate/declarations.mjs";
import { sdkPage } from "./generate/sdk-page.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

const tsc = fileURLToPath(new URL("../node_modules/typescript/bin/tsc", import.meta.url));
const build = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], {
  cwd: root,
  stdio: "inherit",
});
// A type error elsewhere does not keep the schemas from being written: tsc has emitted all the same.
if (build.status !== 0) console.error("generate: the build has errors; the schemas are written all the same");

const { configJsonSchema } = await import("../dist/config/json-schema.js");
const { planJsonSchema } = await import("../dist/planning/plan-json-schema.js");
const { COMMANDS } = await import("../dist/cli/commands.js");
const { readDeclared } = await import("../dist/cli/declared.js");
const asJson = (schema) => `${JSON.stringify(schema, null, 2)}\n`;

const files = {
  "configs/esta.schema.json": asJson(configJsonSchema()),
  "python/esta_engine/plan.schema.json": asJson(planJsonSchema()),
  "docs/reference/configuration.md": configurationPage(configJsonSchema()),
  "docs/reference/commands.md": await commandsPage(COMMANDS, readDeclared),
  "docs/reference/sdk.md": sdkPage(readDeclarations()),
};
for (const [file, text] of Object.entries(files)) {
  writeFileSync(new URL(`../${file}`, import.meta.url), text);
  console.log(`wrote ${file}`);
}
