/** Looks over the machine: what estakit needs, what was found, and what to do about the difference. */
import { isClone, OLDEST_NODE, OLDEST_PYTHON, ROOT } from "../../scripts/setup/index.mjs";
import {
  describeInterpreters,
  type Interpreter,
  type InterpreterOptions,
  probeDevices,
  type Refusal,
  setupHint,
} from "../engine/interpreter.js";
import type { DeviceReport } from "../engine/interpreter-questions.js";
import type { Check } from "./doctor-check.js";
import { browserCheck, diskCheck, gpuDriverVersion, memoryCheck } from "./doctor-machine.js";
import { pinnedVersions } from "./pinned-versions.js";

export type { Check };

export interface DoctorOptions extends InterpreterOptions {
  /** Folder whose disk is looked at; the working folder unless given. */
  folder?: string | undefined;
}

/** All checks in the order in which a person would mend them. Throws nothing: what fails is a check. */
export async function doctor(options: DoctorOptions = {}): Promise<Check[]> {
  const interpreter = chooseInterpreter(await describeInterpreters(options));
  const engine = "reason" in interpreter ? [] : await engineChecks(interpreter, options);
  return [
    nodeCheck(process.versions.node),
    pythonCheck(interpreter),
    ...engine,
    memoryCheck(),
    diskCheck(options.folder ?? process.cwd()),
    // Only tests draw a report in a browser.
    ...(isClone(ROOT) ? [browserCheck()] : []),
  ];
}

/** The interpreter that runs would take; else the first that could be mended; else why the first one fails. */
export function chooseInterpreter(found: readonly (Interpreter | Refusal)[]): Interpreter | Refusal {
  const running = found.filter((one): one is Interpreter => !("reason" in one));
  // ESTAKIT_PYTHON that does not run is refused by runs as well, whatever else there is.
  const [first] = found;
  if (first !== undefined && "reason" in first && first.origin === "ESTAKIT_PYTHON") return first;
  const complete = running.find((one) => isNewEnough(one.version) && missing(one).length === 0);
  const best = complete ?? running.find((one) => isNewEnough(one.version)) ?? running[0] ?? first;
  return best ?? { command: "python3", origin: "PATH", reason: "is not there" };
}

export function nodeCheck(version: string): Check {
  const needed = `>= ${OLDEST_NODE.join(".")}`;
  const ok = atLeast(version, OLDEST_NODE);
  const hint = "Install a newer Node: nodejs.org, nvm, fnm or your distribution.";
  return { name: "Node", status: ok ? "ok" : "error", found: version, needed, ...(ok ? {} : { hint }) };
}

export function pythonCheck(interpreter: Interpreter | Refusal): Check {
  const needed = `>= ${OLDEST_PYTHON.join(".")}`;
  if ("reason" in interpreter) {
    const found = `${interpreter.command} ${interpreter.reason}`;
    const hint = `Install Python 3.10 to 3.13 (python.org or your distribution). ${setupHint()}`;
    return { name: "Python", status: "error", found, needed, hint };
  }
  const found = `${interpreter.version} (${interpreter.executable})`;
  if (isNewEnough(interpreter.version)) return { name: "Python", status: "ok", found, needed };
  const hint = "Install a newer Python, and name it with --python or ESTAKIT_PYTHON.";
  return { name: "Python", status: "error", found, needed, hint };
}

async function engineChecks(interpreter: Interpreter, options: DoctorOptions): Promise<Check[]> {
  const packages = packagesCheck(interpreter);
  if (interpreter.packages.torch == null) return [torchMissing(interpreter), packages];
  try {
    const report = await probeDevices(interpreter.executable, { timeoutMs: options.timeoutMs });
    return [torchCheck(interpreter, report), packages, deviceCheck(report, gpuDriverVersion())];
  } catch (error) {
    const found = `${interpreter.packages.torch}, broken: ${(error as Error).message}`;
    return [
      { name: "torch", status: "error", found, needed: "can be imported", hint: setupHint() },
      packages,
    ];
  }
}

function torchMissing({ version }: Interpreter): Check {
  const needed = pinnedVersions(version).torch ?? "any";
  return { name: "torch", status: "error", found: "not installed", needed, hint: setupHint() };
}

function torchCheck({ version }: Interpreter, report: DeviceReport): Check {
  const needed = pinnedVersions(version).torch ?? "any";
  const ok = release(report.torch) === needed;
  const hint = `Only ${needed} is tested. ${setupHint()}`;
  return {
    name: "torch",
    status: ok ? "ok" : "warning",
    found: report.torch,
    needed,
    ...(ok ? {} : { hint }),
  };
}

/** The other packages against requirements.txt: a missing one is an error, another version a warning. */
export function packagesCheck(interpreter: Interpreter): Check {
  const pinned = pinnedVersions(interpreter.version);
  const names = Object.keys(interpreter.packages).filter((name) => name !== "torch");
  const lacking = missing(interpreter).filter((name) => name !== "torch");
  const differing = names.filter((name) => {
    const version = interpreter.packages[name];
    return version != null && pinned[name] !== undefined && version !== pinned[name];
  });
  const facts = [
    ...lacking.map((name) => `${name} is missing`),
    ...differing.map((name) => `${name} ${interpreter.packages[name]} instead of ${pinned[name]}`),
  ];
  const status = lacking.length > 0 ? "error" : differing.length > 0 ? "warning" : "ok";
  return {
    name: "packages",
    status,
    found: facts.join(", ") || `all ${names.length} at the pinned versions`,
    needed: "the versions of requirements.txt",
    ...(status === "ok" ? {} : { hint: setupHint() }),
  };
}

/** `driver`: version of the NVIDIA driver, null where there is none. */
export function deviceCheck(report: DeviceReport, driver: string | null): Check {
  const needed = "a CPU; a GPU helps from DeiT-S upwards";
  if (report.cuda.length > 0) {
    return { name: "device", status: "ok", found: `CUDA: ${report.cuda.join(", ")}`, needed };
  }
  if (report.mps) return { name: "device", status: "ok", found: "MPS", needed };
  const found = `CPU (torch uses ${report.cpu_threads} thread${report.cpu_threads === 1 ? "" : "s"})`;
  if (driver === null) return { name: "device", status: "ok", found, needed };
  const why =
    report.cuda_version === null
      ? "this build of torch is for CPUs"
      : `torch's CUDA ${report.cuda_version} does not start`;
  const hint =
    report.cuda_version === null
      ? "`esta setup --torch cuda` installs the build for the GPU."
      : "A newer NVIDIA driver may be needed; nvidia-smi says which CUDA version it serves.";
  return {
    name: "device",
    status: "warning",
    found: `${found}; NVIDIA driver ${driver} is there, but ${why}`,
    needed,
    hint,
  };
}

const missing = ({ packages }: Interpreter) =>
  Object.keys(packages).filter((name) => packages[name] === null);
const isNewEnough = (version: string) => atLeast(version, OLDEST_PYTHON);
/** 2.13.0+cpu -> 2.13.0 */
const release = (version: string) => version.split("+")[0] ?? version;

function atLeast(version: string, [oldestMajor, oldestMinor]: readonly [number, number]): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}
