/** The documents hold together: links lead somewhere, examples of configurations are accepted, messages exist. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { slug } from "../../scripts/generate/markdown.mjs";
import { ROOT } from "../../scripts/setup/index.mjs";
import { parseConfig } from "../../ts/config/read.js";

const tracked = execFileSync("git", ["ls-files", "*.md"], { cwd: ROOT, encoding: "utf8" });
const pages = tracked.split("\n").filter((file) => file !== "");
const read = (file: string) => readFileSync(join(ROOT, file), "utf8");
const FENCE = /^```[\s\S]*?^```/gm;

/** Links and images of a page outside its code, without those to other hosts. */
function linksOf(text: string): string[] {
  const prose = text.replaceAll(FENCE, "").replaceAll(/`[^`\n]*`/g, "");
  const marked = [...prose.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g)].map(([, link = ""]) => link);
  const tagged = [...prose.matchAll(/(?:src|srcset|href)="([^"]+)"/g)].map(([, link = ""]) => link);
  return [...marked, ...tagged].filter((link) => !/^[a-z][a-z+.-]*:/.test(link));
}

/** Anchors of a page's headings; a repeated one gets a number, as on GitHub. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  const seen = new Map<string, number>();
  for (const [, heading = ""] of text.replaceAll(FENCE, "").matchAll(/^#{1,6} +(.+)$/gm)) {
    const name = slug(heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1"));
    const count = seen.get(name) ?? 0;
    seen.set(name, count + 1);
    anchors.add(count === 0 ? name : `${name}-${count}`);
  }
  return anchors;
}

/** What is wrong with the links of `file`, whose text is `text`. */
function brokenLinks(file: string, text: string): string[] {
  return linksOf(text).filter((link) => {
    const [path = "", anchor] = link.split("#");
    const target = path === "" ? join(ROOT, file) : resolve(ROOT, dirname(file), decodeURI(path));
    if (path !== "" && !existsSync(target)) return true;
    if (anchor === undefined) return false;
    const content = path === "" ? text : readFileSync(target, "utf8");
    return !target.endsWith(".md") || !anchorsOf(content).has(anchor);
  });
}

describe("links", () => {
  it.each(pages)("of %s lead somewhere", (file) => {
    expect(brokenLinks(file, read(file))).toEqual([]);
  });

  it("lead from the README to every page of docs/", () => {
    const reached = new Set<string>();
    const visit = (file: string): void => {
      if (reached.has(file) || !pages.includes(file)) return;
      reached.add(file);
      for (const link of linksOf(read(file))) {
        const path = link.split("#")[0] ?? "";
        if (path !== "") visit(resolve("/", dirname(file), path).slice(1));
      }
    };
    visit("README.md");
    expect(pages.filter((file) => file.startsWith("docs/") && !reached.has(file))).toEqual([]);
  });

  it("lead to the one table of commands, which is generated", () => {
    const tables = pages.filter((file) => /^\| \[?`esta plan/m.test(read(file)));
    expect(tables).toEqual(["docs/reference/commands.md"]);
    expect(linksOf(read("docs/cli.md"))).toContain("reference/commands.md");
  });

  it("that are broken are found", () => {
    const text =
      "# A b\n[x](gone.md) [y](README.md#nowhere) [z](#a-b) `[q](no.md)` [h](https://a.b) ![i](no.svg)";
    expect(brokenLinks("NEW.md", text)).toEqual(["gone.md", "README.md#nowhere", "no.svg"]);
  });
});

it("every whole configuration that a page shows is accepted", () => {
  const shown = pages.flatMap((file) =>
    [...read(file).matchAll(/^```yaml\n(version: 1\n[\s\S]*?)^```/gm)].map(([, text = ""]) => ({
      file,
      text,
    })),
  );
  // A sweep file is another thing; those of configs/ are read by their own tests.
  const configurations = shown.filter(({ text }) => !/^arms:/m.test(text));
  expect(configurations.length).toBeGreaterThan(0);
  for (const { file, text } of configurations)
    expect(() => parseConfig(text, { source: file })).not.toThrow();
});

describe("docs/troubleshooting.md", () => {
  const sources = ["ts", "python/esta_engine", "scripts/setup"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => /\.(ts|mjs|py)$/.test(file))
      .map((file) => read(join(folder, file))),
  );
  const messages = [...read("docs/troubleshooting.md").matchAll(/^### (.+)$/gm)].map(([, text = ""]) => text);
  /** Whether one source file has all fixed parts of the message, in order. */
  const isKnown = (message: string) =>
    sources.some((source) => {
      let at = 0;
      return message.split("…").every((part) => {
        const found = source.indexOf(part.trim(), at);
        at = found + part.length;
        return found >= 0;
      });
    });

  it("quotes messages that the sources still have", () => {
    expect(messages.length).toBeGreaterThan(12);
    expect(messages.filter((message) => !isKnown(message))).toEqual([]);
  });

  it("would notice one that is gone", () => {
    expect(isKnown("no such … message was ever … written")).toBe(false);
  });
});
