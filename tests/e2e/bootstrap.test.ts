/** The set-up from nothing, twice, interrupted, half deleted, in parallel, and with what may be missing. */
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ToyClone } from "./toy-clone.js";

const STAMP = ".estakit-stamp.json";
const IN_PLACE = /^set-up: ready in [\d.]+ s \(.*\)\n$/;
const BUILT = "set-up: building (tsc)";
const MADE = "set-up: making the Python environment";
const PIP = "set-up: installing the pinned Python packages";
const NPM = "set-up: installing the locked Node packages";

describe("set-up", { timeout: 240_000 }, () => {
  const clone = new ToyClone();
  const sitePackages = () => {
    const [version = ""] = readdirSync(clone.path(".venv", "lib"));
    return [".venv", "lib", version, "site-packages"].join("/");
  };
  const mended = async (...args: string[]) => {
    const { code, stderr } = await clone.setUp(args);
    expect(stderr).toMatch(/ready in/);
    expect(code).toBe(0);
    // What was mended is in place: nothing is left to do.
    expect((await clone.setUp(args)).stderr).toMatch(IN_PLACE);
    return stderr;
  };

  it("does everything from nothing, and nothing the second time", async () => {
    const stderr = await mended();
    for (const step of [NPM, MADE, PIP, BUILT]) expect(stderr).toContain(step);
    expect(clone.python("import tiny_runtime; print(tiny_runtime.version)")).toBe("1.0");
    expect(readFileSync(clone.path("dist", "index.js"), "utf8")).toContain("42");
    expect(existsSync(clone.path(".cache", "setup.lock"))).toBe(false);
  });

  it("adds what tests need when it is asked for, and keeps it", async () => {
    const stderr = await mended("--dev");
    expect(stderr).toContain(PIP);
    expect(stderr).not.toContain(MADE);
    expect(clone.python("import tiny_tests; print(tiny_tests.version)")).toBe("1.0");
    expect((await clone.setUp()).stderr).toMatch(IN_PLACE);
  });

  it.each([
    ["dist is removed", () => clone.remove("dist"), [BUILT]],
    ["one built file is removed", () => clone.remove("dist/index.js"), [BUILT]],
    ["a source changes", () => clone.write("ts/index.ts", "export const answer = 43;\n"), [BUILT]],
    ["a source is removed", () => clone.write("ts/other.ts", "export const other = 1;\n"), [BUILT]],
    ["a stamp is not JSON", () => writeFileSync(clone.path("dist", STAMP), "{"), [BUILT]],
    ["a stamp is of another shape", () => writeFileSync(clone.path(".venv", STAMP), '{"inputs": 3}'), [PIP]],
    ["the Node packages are removed", () => clone.remove("node_modules"), [NPM]],
    ["one Node package is removed", () => clone.remove("node_modules/typescript"), [NPM]],
    ["the interpreter is removed", () => clone.remove(".venv/bin/python"), [MADE, PIP]],
    ["a package's files are removed", () => clone.remove(`${sitePackages()}/tiny_runtime`), [MADE, PIP]],
    [
      "a package's record is removed",
      () => clone.remove(`${sitePackages()}/tiny_runtime-1.0.dist-info`),
      [PIP],
    ],
    ["a pin changes", () => clone.write("requirements.txt", "torch==1.0\ntiny-runtime==1.0\n"), [PIP]],
  ])("does just what is needed when %s", async (_name, damage, steps) => {
    damage();
    const stderr = await mended();
    for (const step of [NPM, MADE, PIP, BUILT]) expect(stderr.includes(step)).toBe(steps.includes(step));
    expect(clone.python("import tiny_runtime; print(tiny_runtime.version)")).toBe("1.0");
  });

  it("leaves no built file of a source that is gone", async () => {
    await mended();
    expect(existsSync(clone.path("dist", "other.js"))).toBe(true);
    clone.remove("ts/other.ts");
    await mended();
    expect(existsSync(clone.path("dist", "other.js"))).toBe(false);
  });

  it("installs the build of PyTorch that is asked for, and keeps it", async () => {
    expect(clone.python("import torch; print(torch.version)")).toBe("1.0");
    await mended("--torch", "cpu", "--torch-index", clone.cpuIndex);
    expect(clone.python("import torch; print(torch.version)")).toBe("1.0+cpu");
    clone.write("requirements.txt", "tiny-runtime==1.0\ntorch==1.0\n");
    await mended();
    expect(clone.python("import torch; print(torch.version)")).toBe("1.0+cpu");
  });

  it.each(["making the Python environment", "installing the pinned"])(
    "heals after SIGKILL while %s",
    async (step) => {
      clone.remove(".venv");
      const { child, ended } = clone.start([], {}, (stderr) => {
        if (stderr.includes(step)) setTimeout(() => child.kill("SIGKILL"), 100);
      });
      expect((await ended).code).toBeNull();
      expect(existsSync(clone.path(".venv", STAMP))).toBe(false);
      // The lock is still there, and perhaps a pip without a parent: both are dealt with.
      expect(existsSync(clone.path(".cache", "setup.lock"))).toBe(true);
      await mended();
      expect(clone.python("import tiny_runtime, torch; print(tiny_runtime.version)")).toBe("1.0");
      expect(readdirSync(clone.path(".cache"))).toEqual([]);
    },
  );

  it("ends cleanly on SIGTERM", async () => {
    clone.remove(".venv");
    const { child, ended } = clone.start([], {}, (stderr) => {
      // Once only: a second signal ends the set-up at once.
      if (stderr.includes(MADE) && !stderr.includes("stopped")) child.kill("SIGTERM");
    });
    const { code, stderr } = await ended;
    expect(code).toBe(143);
    expect(stderr).toContain("stopped by SIGTERM");
    expect(readdirSync(clone.path(".cache"))).toEqual([]);
    await mended();
  });

  it("works when two run at once: one waits, both succeed", async () => {
    clone.remove(".venv");
    clone.remove("dist");
    const both = await Promise.all([clone.setUp(), clone.setUp()]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    const texts = both.map(({ stderr }) => stderr);
    expect(texts.filter((text) => text.includes(MADE))).toHaveLength(1);
    expect(texts.filter((text) => text.includes("waiting for another set-up"))).toHaveLength(1);
    await mended();
  });

  it("explains a failed build and keeps the last good one", async () => {
    clone.write("ts/index.ts", 'export const answer: number = "text";\n');
    const { code, stderr } = await clone.setUp();
    expect(code).toBe(3);
    expect(stderr).toContain("ts/index.ts(1,14): error TS2322");
    expect(stderr).toContain("the build (tsc) failed");
    expect(readFileSync(clone.path("dist", "index.js"), "utf8")).toContain("43");
    clone.write("ts/index.ts", "export const answer = 44;\n");
    await mended();
  });

  it("explains a registry that cannot be reached, and goes on from there", async () => {
    clone.write("requirements.txt", "tiny-runtime==1.0\ntorch==1.0\ntiny-new==1.0\n");
    const offline = { PIP_INDEX_URL: "http://127.0.0.1:9/simple", PIP_RETRIES: "1" };
    const { code, stderr } = await clone.setUp([], offline);
    expect(code).toBe(3);
    expect(stderr).toContain("the package registry cannot be reached");
    clone.write("requirements.txt", "tiny-runtime==1.0\ntorch==1.0\n");
    expect(await mended()).not.toContain(MADE);
  });

  it("explains a package that no index has", async () => {
    clone.write("requirements.txt", "tiny-runtime==7.0\n");
    const { code, stderr } = await clone.setUp();
    expect(code).toBe(3);
    expect(stderr).toContain("a pinned package has no build for this Python and platform");
    clone.write("requirements.txt", "tiny-runtime==1.0\ntorch==1.0\n");
    await mended();
  });
});

describe("a Python that does not serve", { timeout: 60_000 }, () => {
  const clone = new ToyClone();
  const answering = (answer: string) => {
    const file = clone.path("python-stub");
    writeFileSync(file, `#!/bin/sh\n${answer}\n`);
    chmodSync(file, 0o755);
    return file;
  };
  const python = (version: string, venv = true) =>
    answering(`echo '{"version": [${version}], "executable": "/x", "venv": ${venv}, "bits": 64}'`);

  it.each([
    ["is not there", () => "/no/such/python", ["Python >= 3.10 is needed", "/no/such/python not found"]],
    ["is too old", () => python("3, 9, 2"), ["is Python 3.9.2, too old", "Install Python 3.10 to 3.13"]],
    ["has no venv", () => python("3, 11, 2", false), ["without the venv module", "apt install python3-venv"]],
    ["is no Python", () => answering("echo hello"), ['it answered "hello\\n"']],
    ["breaks", () => answering("echo broken >&2; exit 1"), ["does not run: broken"]],
  ])("%s", async (_name, make, expected) => {
    const { code, stderr } = await clone.setUp([], { ESTAKIT_PYTHON: make() });
    expect(code).toBe(3);
    for (const text of expected) expect(stderr).toContain(text);
    expect(existsSync(clone.path(".venv"))).toBe(false);
  });

  it("is not on the PATH at all", async () => {
    // The Node packages are in place by now, so the empty PATH is only Python's problem.
    rmSync(clone.path(".venv"), { recursive: true, force: true });
    const { code, stderr } = await clone.setUp([], { PATH: clone.path("no-such-folder") });
    expect(code).toBe(3);
    expect(stderr).toContain("none was found (python3, python)");
  });

  it("is refused when --torch is neither cpu nor cuda", async () => {
    const { code, stderr } = await clone.setUp(["--torch", "rocm"]);
    expect(code).toBe(3);
    expect(stderr).toContain("--torch: got rocm, allowed are cpu, cuda");
  });
});
