import { describe, expect, it } from "vitest";
import { pythonOf, ROOT, venvFolder } from "../../../scripts/setup/index.mjs";
import type { Interpreter, Refusal } from "../../../ts/engine/interpreter.js";
import {
  chooseInterpreter,
  deviceCheck,
  doctor,
  nodeCheck,
  packagesCheck,
  pythonCheck,
} from "../../../ts/sdk/doctor.js";
import { diskCheck, memoryCheck } from "../../../ts/sdk/doctor-machine.js";
import { pinnedVersions } from "../../../ts/sdk/pinned-versions.js";
import { setup } from "../../../ts/sdk/setup.js";

const GIB = 2 ** 30;
const pins = pinnedVersions("3.11.7");
const interpreter = (version: string, packages: Record<string, string | null> = {}): Interpreter => ({
  executable: "/env/bin/python",
  version,
  origin: "environment",
  packages: { torch: "2.13.0+cpu", numpy: pins.numpy ?? null, ...packages },
});
const refusal = (origin: Refusal["origin"], reason: string): Refusal => ({
  command: "python3",
  origin,
  reason,
});

describe("doctor on this machine", () => {
  it("finds everything that CPU runs need", async () => {
    const checks = await doctor({ python: pythonOf(venvFolder(ROOT)) });
    expect(checks.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["Node", "Python", "torch", "packages", "device", "memory", "disk", "browser"]),
    );
    expect(checks.filter(({ status }) => status === "error")).toEqual([]);
    for (const check of checks.filter(({ status }) => status !== "ok")) expect(check.hint).toBeTruthy();
    expect(JSON.parse(JSON.stringify(checks))).toEqual(checks);
  });

  it("says so when there is no Python, and still looks at the rest", async () => {
    const checks = await doctor({ python: "/no/such/python" });
    const python = checks.find(({ name }) => name === "Python");
    expect(python).toMatchObject({ status: "error", found: "/no/such/python is not there" });
    expect(checks.map(({ name }) => name)).toEqual(expect.arrayContaining(["Node", "memory", "disk"]));
  });
});

describe("single checks", () => {
  it("Node", () => {
    expect(nodeCheck("20.19.0").status).toBe("ok");
    expect(nodeCheck("22.0.0").status).toBe("ok");
    expect(nodeCheck("20.18.3")).toMatchObject({ status: "error", needed: ">= 20.19" });
  });

  it("Python", () => {
    expect(pythonCheck(interpreter("3.10.0")).status).toBe("ok");
    expect(pythonCheck(interpreter("3.9.18"))).toMatchObject({ status: "error", needed: ">= 3.10" });
    expect(pythonCheck(refusal("PATH", "is not there")).status).toBe("error");
  });

  it("packages: missing is an error, another version a warning", () => {
    expect(packagesCheck(interpreter("3.11.7")).status).toBe("ok");
    const other = packagesCheck(interpreter("3.11.7", { numpy: "1.26.4" }));
    expect(other).toMatchObject({ status: "warning", found: `numpy 1.26.4 instead of ${pins.numpy}` });
    expect(packagesCheck(interpreter("3.11.7", { numpy: null }))).toMatchObject({ status: "error" });
  });

  it("device: a GPU that torch does not use is worth a note, never an error", () => {
    const report = { torch: "2.13.0", cuda: [] as string[], cuda_version: null, mps: false, cpu_threads: 2 };
    expect(deviceCheck(report, null)).toMatchObject({ status: "ok", found: "CPU (torch uses 2 threads)" });
    expect(deviceCheck(report, "550.1")).toMatchObject({
      status: "warning",
      hint: expect.stringContaining("--torch cuda"),
    });
    expect(deviceCheck({ ...report, cuda_version: "13.0" }, "470.1").hint).toContain("nvidia-smi");
    expect(deviceCheck({ ...report, cuda: ["A100", "A100"] }, "550.1").found).toBe("CUDA: A100, A100");
    expect(deviceCheck({ ...report, mps: true }, null).found).toBe("MPS");
  });

  it("memory and disk", () => {
    expect(memoryCheck(16 * GIB, 8 * GIB).status).toBe("ok");
    expect(memoryCheck(16 * GIB, GIB)).toMatchObject({
      status: "warning",
      found: "1.0 GiB free of 16.0 GiB",
    });
    // What the machine has free does not help inside a container with less.
    expect(memoryCheck(GIB, 8 * GIB).status).toBe("warning");
    expect(diskCheck("/x", 5 * GIB).status).toBe("ok");
    expect(diskCheck("/x", GIB / 2)).toMatchObject({ status: "warning", found: "0.5 GiB free in /x" });
    expect(diskCheck("/no/such/folder").found).toContain("cannot look at the disk");
  });
});

describe("the interpreter that is looked at", () => {
  it("is the one that runs would take: the first that has everything", () => {
    const bare = { ...interpreter("3.12.1", { torch: null }), origin: "ESTAKIT_PYTHON" as const };
    const whole = interpreter("3.11.7");
    expect(chooseInterpreter([bare, refusal("environment", "is not there"), whole])).toBe(whole);
  });

  it("else the first that could be mended, else the reason", () => {
    const old = interpreter("3.9.1");
    const bare = interpreter("3.12.1", { torch: null });
    expect(chooseInterpreter([old, bare])).toBe(bare);
    expect(chooseInterpreter([old])).toBe(old);
    const missing = refusal("environment", "is not there");
    expect(chooseInterpreter([missing, refusal("PATH", "is not there")])).toBe(missing);
    expect(chooseInterpreter([])).toMatchObject({ reason: "is not there" });
  });

  it("is ESTAKIT_PYTHON when that does not run, as runs refuse it too", () => {
    const broken = refusal("ESTAKIT_PYTHON", "is not there");
    expect(chooseInterpreter([broken, interpreter("3.11.7")])).toBe(broken);
  });
});

describe("setup from the SDK", () => {
  it("refuses with an EstaError what set-up refuses", async () => {
    await expect(setup({ python: "/no/such/python" })).rejects.toMatchObject({
      name: "EstaError",
      code: "environment",
      message: expect.stringContaining("/no/such/python not found"),
      hint: expect.stringContaining("Install Python"),
    });
  });
});
