import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { pythonOf, ROOT, userVenv, venvFolder } from "../../../scripts/setup/index.mjs";
import { findInterpreter, probeDevices, setupHint } from "../../../ts/engine/interpreter.js";
import { scratch } from "../../scratch.js";

const folder = scratch();
afterEach(() => vi.unstubAllEnvs());

const environmentPython = pythonOf(venvFolder(ROOT));
/** A program of a few lines in the place of an interpreter: what no machine has by itself. */
function stub(name: string, script: string): string {
  const file = join(folder, name);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}
const answering = (name: string, version: string, packages: Record<string, string | null>) =>
  stub(name, `echo '${JSON.stringify({ executable: join(folder, name), version, packages })}'`);

describe("findInterpreter", () => {
  it("takes the environment that set-up made, with its packages' versions", async () => {
    vi.stubEnv("ESTAKIT_PYTHON", "");
    const found = await findInterpreter();
    expect(found).toMatchObject({ executable: environmentPython, origin: "environment" });
    expect(found.version).toMatch(/^3\.\d+\.\d+$/);
    expect(found.packages.torch).toMatch(/^2\.13\.0/);
    expect(Object.values(found.packages)).not.toContain(null);
  });

  it("takes the named one, and then no other", async () => {
    expect(await findInterpreter({ python: environmentPython })).toMatchObject({ origin: "named" });
    await expect(findInterpreter({ python: "/no/such/python" })).rejects.toMatchObject({
      code: "environment",
      message: expect.stringContaining("/no/such/python is not there"),
      hint: setupHint(),
    });
  });

  it.each([
    [
      "is too old",
      () => answering("old", "3.9.1", { torch: "2.13.0" }),
      "is Python 3.9.1; >= 3.10 is needed",
    ],
    [
      "lacks torch",
      () => answering("bare", "3.12.1", { torch: null, numpy: "2" }),
      "(Python 3.12.1) lacks torch",
    ],
    ["is no Python", () => stub("greeter", "echo hello"), 'is no Python: it answered "hello"'],
    [
      "breaks",
      () => stub("broken", "echo 'cannot open shared object' >&2; exit 127"),
      "cannot open shared object",
    ],
    ["says nothing", () => stub("silent", "exec sleep 20"), "did not answer within 0.5 s"],
  ])("refuses a named one that %s", async (_name, make, reason) => {
    const error = findInterpreter({ python: make(), timeoutMs: reason.includes("0.5") ? 500 : undefined });
    await expect(error).rejects.toMatchObject({
      code: "environment",
      message: expect.stringContaining(reason),
    });
  });

  it("goes on from ESTAKIT_PYTHON where that is the bare Python of the environment", async () => {
    vi.stubEnv("ESTAKIT_PYTHON", answering("base", "3.11.7", { torch: null }));
    expect(await findInterpreter()).toMatchObject({ executable: environmentPython, origin: "environment" });
  });

  it("prefers ESTAKIT_PYTHON where that has everything, and stops where it does not run", async () => {
    vi.stubEnv("ESTAKIT_PYTHON", answering("whole", "3.11.7", { torch: "2.13.0" }));
    expect(await findInterpreter()).toMatchObject({ origin: "ESTAKIT_PYTHON" });
    vi.stubEnv("ESTAKIT_PYTHON", "/no/such/python");
    await expect(findInterpreter()).rejects.toMatchObject({
      message: expect.stringContaining("/no/such/python"),
    });
  });

  it("is not led astray by files of the working folder", async () => {
    writeFileSync(join(folder, "importlib.py"), "raise SystemExit('taken from the working folder')");
    const before = process.cwd();
    process.chdir(folder);
    try {
      const found = await findInterpreter({ python: environmentPython });
      expect(found.packages.torch).toMatch(/^2\.13\.0/);
    } finally {
      process.chdir(before);
    }
  });
});

describe("where the environment lies", () => {
  it("in the clone, or for installed packages in the user's data, by the hash of the requirements", () => {
    vi.stubEnv("ESTAKIT_HOME", folder);
    expect(venvFolder(ROOT)).toBe(join(ROOT, ".venv"));
    const packed = join(folder, "package");
    mkdirSync(packed);
    writeFileSync(join(packed, "requirements.txt"), "torch==2.13.0\n");
    const place = venvFolder(packed);
    expect(place).toMatch(/venv-[0-9a-f]{8}$/);
    expect(place.startsWith(folder)).toBe(true);
    expect(place).toBe(userVenv(packed));
    writeFileSync(join(packed, "requirements.txt"), "torch==2.14.0\n");
    expect(venvFolder(packed)).not.toBe(place);
  });
});

describe("probeDevices", () => {
  it("says what torch sees", async () => {
    const report = await probeDevices(environmentPython);
    expect(report.torch).toMatch(/^2\.13\.0/);
    expect(report.cpu_threads).toBeGreaterThanOrEqual(1);
    expect(Array.isArray(report.cuda)).toBe(true);
  });

  it("names what keeps torch from being imported", async () => {
    const broken = stub("no-torch", 'echo "OSError: libtorch.so: cannot open" >&2; exit 1');
    await expect(probeDevices(broken)).rejects.toMatchObject({
      code: "environment",
      message: expect.stringContaining("libtorch.so: cannot open"),
    });
  });
});
