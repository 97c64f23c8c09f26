import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../../scripts/setup/index.mjs";

const text = readFileSync(join(ROOT, "CONTRIBUTING.md"), "utf8");
/** Paths in backticks and links that name one file or folder of the repository. */
const paths = [...text.matchAll(/`((?:ts|python|configs|tests|scripts|docs)\/[\w./-]+)`|\]\(([\w./-]+)\)/g)]
  .map(([, quoted, linked]) => quoted ?? linked ?? "")
  .filter((path) => !path.includes("NAME"));

describe("what CONTRIBUTING.md names is there", () => {
  it("paths", () => {
    expect(paths.length).toBeGreaterThan(15);
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it("scripts of package.json", () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: object };
    const named = [...text.matchAll(/npm run (\w+)/g)].map(([, name]) => name);
    expect(named).toContain("generate");
    for (const name of named) expect(Object.keys(scripts)).toContain(name);
  });
});
