/** The catalog of families: one YAML file a family under configs/families, shapes as data. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { closest } from "../config/problems.js";
import { inlineFamilySchema } from "../config/schema/family.js";
import { spaceSchema } from "../config/schema/space.js";
import { EstaError } from "../errors.js";
import { packageRoot } from "./package-root.js";

/** A parameter count as its source states it: exact, or rounded like 5.7M. */
const publishedSchema = z.strictObject({
  params: z.union([z.int(), z.string().regex(/^\d+(\.\d+)?[KMB]$/)]),
  counts: z
    .enum(["whole", "without-head", "with-pretraining-heads"])
    .default("whole")
    .describe("Which heads the count holds: the family's own, none, or BERT's for pre-training."),
  source: z.string().min(1),
});
export type PublishedCount = z.infer<typeof publishedSchema>;

const catalogSchema = z.strictObject({
  title: z.string().min(1),
  source: z.string().min(1).describe("The paper or model card that the shapes come from."),
  license: z.string().min(1),
  family: inlineFamilySchema,
  space: spaceSchema.optional().describe("The stitch space unless the configuration gives one."),
  published: z.record(z.string(), publishedSchema).default({}).describe("By anchor."),
});
export type CatalogFamily = z.infer<typeof catalogSchema> & { name: string };

const catalogFolder = () => join(packageRoot(), "configs", "families");

/** Names of all families of the catalog, in alphabetical order. */
export function listFamilies(): string[] {
  return readdirSync(catalogFolder())
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => file.slice(0, -".yaml".length))
    .sort();
}

/**
 * Reads one family of the catalog.
 *
 * @throws EstaError("configuration") if there is none of that name.
 */
export function readFamily(name: string): CatalogFamily {
  const names = listFamilies();
  if (!names.includes(name)) throw unknownFamily(name, names);
  const entry = catalogSchema.parse(parse(readFileSync(join(catalogFolder(), `${name}.yaml`), "utf8")));
  return { name, ...entry };
}

function unknownFamily(name: string, names: readonly string[]): EstaError {
  const meant = closest(name, names);
  return new EstaError(
    "configuration",
    `family: got ${name}; allowed: ${names.join(", ")}, an inline family, or a list of model folders or hub ids`,
    {
      hint: meant
        ? `Did you mean ${meant}?`
        : "`esta families` lists the catalog; a model folder stands in a list: [./my-model].",
    },
  );
}
