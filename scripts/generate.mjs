/**
 * Writes the files that are generated from the zod schemas: the JSON Schema of the plan, which the engine checks
 * against, and of the configuration, for editors. Run it with `npm run generate` after a change in a schema;
 * tests/ts/generated.test.ts fails while they are stale.
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

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

const files = {
  "configs/esta.schema.json": configJsonSchema(),
  "python/esta_engine/plan.schema.json": planJsonSchema(),
};
for (const [file, schema] of Object.entries(files)) {
  writeFileSync(new URL(`../${file}`, import.meta.url), `${JSON.stringify(schema, null, 2)}\n`);
  console.log(`wrote ${file}`);
}
