/**
 * The commands that the documents show do what they say: every `bash` block of README and docs/ runs, page by page
 * and in its order, in a folder that holds what the pages speak of. A block that cannot run here says why in a
 * comment before it: `<!-- not run: REASON -->`. Runs are cut to a few steps; nothing else is changed.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scratch } from "../scratch.js";
import { esta, QUICK, ROOT } from "./cli.js";

/** Generated from the command line itself, and a log of what was run once. */
const OTHERS = ["docs/reference/", "docs/experiments.md"];
const pages = execFileSync("git", ["ls-files", "README.md", "docs/*.md"], { cwd: ROOT, encoding: "utf8" })
  .split("\n")
  .filter((file) => file !== "" && !OTHERS.some((other) => file.startsWith(other)));

const BLOCK = /(?:<!-- not run: (?<reason>[^>]+?) -->\n+)?```bash\n(?<body>[^`]*)```/g;

interface Block {
  reason: string | undefined;
  lines: string[];
}

function blocksOf(page: string): Block[] {
  const text = readFileSync(join(ROOT, page), "utf8");
  return [...text.matchAll(BLOCK)].map(({ groups }) => ({
    reason: groups?.reason,
    lines: (groups?.body ?? "").split("\n").flatMap((line) => line.replace(/(^|\s)#.*$/, "").trim() || []),
  }));
}

/** What each page takes as given: a reader's own files, and the configurations of a clone. */
function readersFolder(): string {
  const folder = scratch();
  cpSync(join(ROOT, "configs"), join(folder, "configs"), { recursive: true });
  const image = join(ROOT, "examples", "seven.png");
  for (const name of ["cats", "dogs"]) {
    mkdirSync(join(folder, "photos", name), { recursive: true });
    for (let number = 0; number < 20; number++)
      copyFileSync(image, join(folder, "photos", name, `${number}.png`));
  }
  for (const name of ["new-1.png", "new-2.png"]) copyFileSync(image, join(folder, name));
  const reviews = Array.from({ length: 30 }, (_, row) => `"film number ${row}",${row % 2 ? "good" : "bad"}`);
  writeFileSync(join(folder, "reviews.csv"), `text,label\n${reviews.join("\n")}\n`);
  const chats = Array.from({ length: 30 }, (_, row) => ({ instruction: `Say ${row}.`, output: `${row}` }));
  writeFileSync(join(folder, "chats.jsonl"), chats.map((row) => `${JSON.stringify(row)}\n`).join(""));
  return folder;
}

const withBlocks = pages.filter((page) => blocksOf(page).length > 0);

test.each(withBlocks)("%s", { timeout: 600_000 }, async (page) => {
  const folder = readersFolder();
  for (const { reason, lines } of blocksOf(page)) {
    if (reason !== undefined) {
      expect(reason.length, "a reason").toBeGreaterThan(10);
      continue;
    }
    for (const line of lines) await expectToRun(line, folder);
  }
});

test("there are pages with commands, and most of them run", () => {
  const blocks = withBlocks.flatMap(blocksOf);
  expect(blocks.filter(({ reason }) => reason === undefined).length).toBeGreaterThan(blocks.length / 2);
});

async function expectToRun(line: string, folder: string): Promise<void> {
  const parts = line.replace(/^npx /, "").matchAll(/"([^"]*)"|(\S+)/g);
  const words = [...parts].map(([, quoted, plain]) => quoted ?? plain ?? "");
  expect(words[0], `${line}: only esta's own commands are run; say why others are not`).toBe("esta");
  const [, command = "", ...rest] = words;
  const args = [command, ...rest, ...(command === "adapt" ? quick(rest) : [])];
  const { code, stdout, stderr } = await esta(args, { cwd: folder, env: { HF_HUB_OFFLINE: "1" } });
  // The guided set-up needs a terminal: tests/e2e/wizard.test.ts is its test.
  const asks = rest.length === 0 && command === "init";
  expect({ line, code, stderr }).toMatchObject({ code: asks ? 2 : 0 });
  expect(stdout === "", line).toBe(asks);
  const out = /--(?:out|run-dir) (\S+)/.exec(line)?.[1];
  if (out !== undefined) expect(existsSync(join(folder, out)), out).toBe(true);
}

/** Settings that cut a run to seconds, as far as its configuration has them. */
function quick(words: readonly string[]): readonly string[] {
  const sizes = "task.sizes={train: 40, validation: 20, test: 20}";
  const own = words[0]?.endsWith(".yaml") && !words[0].includes("digits");
  return own ? [...QUICK.slice(0, -1), sizes] : QUICK;
}
