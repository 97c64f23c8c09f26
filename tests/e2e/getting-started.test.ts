/** The commands of docs/getting-started.md do what the page says, in its order, from an empty folder. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { esta, QUICK, ROOT, scratch } from "./cli.js";

const page = join(ROOT, "docs", "getting-started.md");
const text = readFileSync(page, "utf8");
const lines = [...text.matchAll(/```bash\n([^`]*)```/g)].flatMap(([, block = ""]) =>
  block.trim().split("\n"),
);

test("every command runs", async () => {
  const folder = scratch();
  expect(lines.length).toBeGreaterThan(6);
  for (const line of lines) {
    const [program, command = "", ...words] = line.split(/\s+/);
    expect(program).toBe("esta");
    const more = command === "adapt" ? QUICK : [];
    const { code, stdout, stderr } = await esta([command, ...words, ...more], { cwd: folder });
    // The guided set-up needs a terminal: tests/e2e/wizard.test.ts is its test.
    const asks = line === "esta init";
    expect({ line, code, stderr }).toMatchObject({ code: asks ? 2 : 0 });
    expect(stdout === "").toBe(asks);
  }
  for (const file of ["esta.yaml", "runs/first/report.html", "my-network/config.json"]) {
    expect(existsSync(join(folder, file)), file).toBe(true);
  }
}, 300_000);

test("the pages that it names are there", () => {
  const links = [...text.matchAll(/\]\(([\w.-]+)\)/g)].map(([, link = ""]) => link);
  expect(links.length).toBeGreaterThan(2);
  for (const link of links) expect(existsSync(join(dirname(page), link)), link).toBe(true);
});
