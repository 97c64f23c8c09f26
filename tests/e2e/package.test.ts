/**
 * The package as npm would publish it, in an empty folder: the SDK, the command, the set-up, a run, and the examples:
 * the script compiled under strict, both notebooks executed from start to end. Kernels come from
 * tests/e2e/notebooks/package.json; where npm cannot get them the notebooks are skipped, with its reason.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { beforeAll, describe, expect, test } from "vitest";
import { pythonOf, ROOT, venvFolder } from "../../scripts/setup/index.mjs";
import * as sdk from "../../ts/index.js";
import { scratch } from "../scratch.js";
import { QUICK } from "./cli.js";
import { denoOf, installKernels, installPacked, lendPackages, type Packed } from "./packed.js";

const folder = scratch();
let packed: Packed;
const environment = () => ({ ESTAKIT_HOME: packed.home, ESTAKIT_PYTHON: "", NO_COLOR: "1" });
const inApp = (command: string, args: readonly string[]) =>
  execa(command, args, { cwd: packed.app, env: environment(), stdin: "ignore", reject: false });
const esta = (...args: string[]) => inApp("npx", ["--no", "--", "esta", ...args]);

beforeAll(async () => {
  packed = await installPacked(folder);
}, 300_000);

describe("the tarball", () => {
  test("holds what is needed, no sources, no tests, and is small", () => {
    const needed = [
      ...["bin/esta.js", "dist/index.js", "dist/index.d.ts", "requirements.txt", "README.md", "LICENSE"],
      ...["python/esta_engine/__main__.py", "python/esta_engine/plan.schema.json", "configs/digits.yaml"],
      ...["configs/esta.schema.json", "examples/adapt.ts", "docs/method.md"],
    ];
    expect(needed.filter((file) => !packed.files.includes(file))).toEqual([]);
    const unwanted = packed.files.filter((file) =>
      /^(ts|tests|node_modules)\/|__pycache__|\.pyc$|^runs\//.test(file),
    );
    expect(unwanted).toEqual([]);
    expect(packed.bytes).toBeLessThan(10e6);
  });

  test("installs without what only development needs", () => {
    const { devDependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    const installed = Object.keys(devDependencies).filter((name) => !name.startsWith("@types/"));
    const present = installed.filter((name) => existsSync(join(packed.app, "node_modules", name)));
    expect(present).toEqual([]);
  });
});

test("the SDK is imported by plain Node, with every export", async () => {
  const code = 'import * as sdk from "estakit"; console.log(JSON.stringify(Object.keys(sdk)));';
  const { stdout, stderr } = await inApp("node", ["--input-type=module", "-e", code]);
  expect({ stderr, names: JSON.parse(stdout) }).toEqual({ stderr: "", names: Object.keys(sdk).sort() });
});

test("the command says its version and plans a configuration that ships", async () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  expect((await esta("--version")).stdout).toBe(version);
  const { stdout, exitCode } = await esta("plan", "node_modules/estakit/configs/digits.yaml", "--json");
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout).stitches.length).toBeGreaterThanOrEqual(30);
});

describe("with its own environment", () => {
  beforeAll(async () => {
    await lendPackages(packed);
  }, 120_000);

  test("esta setup makes it, once, and the doctor is content", async () => {
    const first = await esta("setup", "--json");
    expect(JSON.parse(first.stdout)).toMatchObject({ changed: true });
    expect(JSON.parse(first.stdout).folder.startsWith(packed.home)).toBe(true);
    expect(JSON.parse((await esta("setup", "--json")).stdout)).toMatchObject({ changed: false });
    const doctor = await esta("doctor");
    expect(doctor.exitCode, doctor.stdout).toBe(0);
    expect(doctor.stdout).toContain(packed.home);
  }, 300_000);

  test("a run goes from the configuration to the report", async () => {
    const config = "node_modules/estakit/configs/digits.yaml";
    const { exitCode, stderr } = await esta("adapt", config, "--run-dir", "runs/first", ...QUICK);
    expect(exitCode, stderr).toBe(0);
    expect(existsSync(join(packed.app, "runs", "first", "report.html"))).toBe(true);
  }, 300_000);

  test("the example script compiles under strict and runs", async () => {
    cpSync(join(ROOT, "examples", "adapt.ts"), join(packed.app, "adapt.ts"));
    const tsc = join(ROOT, "node_modules", "typescript", "bin", "tsc");
    const types = ["--types", "node", "--typeRoots", join(ROOT, "node_modules", "@types")];
    const strict = ["--strict", "--module", "nodenext", "--target", "es2022", "--pretty", "false"];
    const compiled = await inApp("node", [tsc, ...strict, ...types, "adapt.ts"]);
    expect(compiled.stdout).toBe("");
    const overrides = QUICK.filter((word) => word !== "--set");
    const config = join("node_modules", "estakit", "configs", "digits.yaml");
    const { exitCode, stdout, stderr } = await inApp("node", [
      "adapt.js",
      config,
      "runs/script",
      ...overrides,
    ]);
    expect(exitCode, stderr).toBe(0);
    // A line a second, so on a fast machine the last one may be the only one after the first.
    expect(stderr).toMatch(/^starting$[\s\S]*^finished in \d+ s$/m);
    expect(stdout).toMatch(/networks on the frontier, hypervolume 0\.\d{3}/);
    expect(stdout).toContain("report.html");
  }, 300_000);

  describe("notebooks", () => {
    const kernels = join(folder, "kernels");
    let refused: string | undefined;
    let jupyter: { JUPYTER_PATH: string };
    beforeAll(async () => {
      mkdirSync(kernels);
      try {
        jupyter = await installKernels(kernels, packed);
      } catch (error) {
        refused = `npm cannot install the kernels: ${String(error).split("\n").slice(0, 3).join("; ")}`;
        return;
      }
      for (const file of ["seven.png", "notebook-tslab.ipynb", "notebook-deno.ipynb"]) {
        for (const kernel of ["tslab", "deno"]) {
          mkdirSync(join(kernels, kernel), { recursive: true });
          cpSync(join(ROOT, "examples", file), join(kernels, kernel, file));
        }
      }
    }, 300_000);

    test.concurrent("tslab: from start to end, with charts and live progress", async ({ skip }) => {
      if (refused !== undefined) return skip(refused);
      const cells = await runNotebook("tslab");
      expect(mediaOf(cells)).toEqual(expect.arrayContaining(["image/svg+xml", "text/html"]));
      // Sent anew for each view: the display that newDisplay made is updated in place.
      expectLiveProgress(cells, "adapt(plan");
    }, 400_000);

    test.concurrent("Deno: from start to end, with charts and live progress", async ({ skip }) => {
      if (refused !== undefined) return skip(refused);
      const cells = await runNotebook("deno");
      const vega = "application/vnd.vegalite.v6+json";
      expect(mediaOf(cells)).toEqual(
        expect.arrayContaining([vega, "image/svg+xml", "text/html", "text/markdown"]),
      );
      expectLiveProgress(cells, "adapt(plan");
      const predicted = cells.find(({ source }) => source.includes("predict(run"));
      expect(textOf(predicted)).toMatch(/label: .*"\d"/);
    }, 400_000);

    test("the Deno notebook's cells are well typed", async ({ skip }) => {
      if (refused !== undefined) return skip(refused);
      const { cells } = JSON.parse(readFileSync(join(ROOT, "examples", "notebook-deno.ipynb"), "utf8"));
      const code = cells.filter(({ cell_type }: { cell_type: string }) => cell_type === "code");
      const file = join(kernels, "cells.ts");
      writeFileSync(file, code.map(({ source }: { source: string[] }) => source.join("")).join("\n;\n"));
      const checked = await execa(await denoOf(kernels), ["check", "--no-lock", file], {
        cwd: kernels,
        env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
        reject: false,
      });
      expect(checked.exitCode, checked.stderr).toBe(0);
    }, 120_000);

    async function runNotebook(kernel: "tslab" | "deno"): Promise<Cell[]> {
      const where = join(kernels, kernel);
      const runner = join(ROOT, "tests", "e2e", "notebooks", "run_notebook.py");
      const args = [runner, `notebook-${kernel}.ipynb`, where];
      const { exitCode, stdout, stderr } = await execa(pythonOf(venvFolder(ROOT)), args, {
        cwd: where,
        env: { ...environment(), ...jupyter },
        reject: false,
      });
      expect(exitCode, stderr).toBe(0);
      expect(existsSync(join(where, "runs", "notebook", "report.html"))).toBe(true);
      return JSON.parse(stdout);
    }
  });
});

interface Cell {
  source: string;
  outputs: { output_type: string; data?: Record<string, unknown>; text?: string }[];
  messages: Record<string, number>;
}

const mediaOf = (cells: Cell[]): string[] => [
  ...new Set(cells.flatMap(({ outputs }) => outputs.flatMap(({ data }) => Object.keys(data ?? {})))),
];

const textOf = (cell: Cell | undefined): string =>
  (cell?.outputs ?? []).map(({ data, text }) => text ?? String(data?.["text/plain"])).join("");

/** One display, updated many times while the job ran, that ends by saying so. */
function expectLiveProgress(cells: Cell[], source: string): void {
  const cell = cells.find((one) => one.source.includes(source));
  const shown = cell?.outputs.filter(({ data }) => String(data?.["text/html"]).includes("<progress"));
  expect(shown).toHaveLength(1);
  expect(shown?.[0]?.data?.["text/html"]).toMatch(/finished in \d+ s/);
  expect(cell?.messages.update_display_data).toBeGreaterThan(3);
}
