/**
 * The Python environment of the engine: a venv with exactly the packages of requirements.txt. Its stamp lists what
 * pip put there, so a package that was removed or replaced since is noticed without starting Python; a mark left
 * by an interrupted pip has the environment made anew, since pip takes half a package for a whole one.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { explainFailure, SetupError } from "./failures.mjs";
import { findPython } from "./find-python.mjs";
import { pythonOf } from "./folders.mjs";
import { run, succeeded } from "./processes.mjs";
import { hashOf, namesIn, readStamp, STAMP_NAME, textOf, writeStamp } from "./stamps.mjs";

/** Builds of PyTorch that can be asked for, and PyTorch's own public index of each. */
export const TORCH_BUILDS = {
  cpu: { local: "+cpu", index: "https://download.pytorch.org/whl/cpu" },
  cuda: { local: "+cu130", index: "https://download.pytorch.org/whl/cu130" },
};
/** Sign of life while pip is silent. */
const PROGRESS_MS = 30_000;
const INTERRUPTED = ".estakit-pip-runs";

/**
 * True where the environment `venv` holds what is wanted. `wanted`: `{root, dev, python, torch, torchIndex}`, as
 * for `makePythonEnvironment`.
 */
export function pythonEnvironmentIsDone(venv, wanted) {
  const stamp = readStamp(venv);
  if (stamp === null || !existsSync(pythonOf(venv)) || existsSync(join(venv, INTERRUPTED))) return false;
  const present = new Set(installed(venv));
  return (
    stamp.inputs === requirementsHash(wanted.root) &&
    (!wanted.dev || stamp.dev === developmentHash(wanted.root)) &&
    stamp.entries.every((entry) => present.has(entry)) &&
    (wanted.torch === undefined || stamp.torch === wanted.torch) &&
    (wanted.torchIndex === undefined || stamp.torchIndex === wanted.torchIndex) &&
    (wanted.python === undefined || stamp.base === wanted.python)
  );
}

/**
 * Makes or mends the environment `venv`. `dev` adds what tests need, `python` names the interpreter to make it
 * from, `torch` (cpu or cuda) and `torchIndex` the build of PyTorch; both are kept until another is asked for.
 * `context`: `{signal, note(text), onStart(pid)}`. Throws SetupError.
 */
export async function makePythonEnvironment(venv, wanted, context) {
  checkTorchChoice(wanted);
  // One that was named is refused before anything is touched.
  const named =
    wanted.python === undefined ? undefined : await findPython({ ...wanted, signal: context.signal });
  const old = readStamp(venv);
  if (!(await isUsable(venv, old, wanted, context))) await createVenv(venv, named, context);
  const kept = existsSync(join(venv, STAMP_NAME)) ? old : null;
  const torch = wanted.torch ?? kept?.torch;
  const torchIndex = wanted.torchIndex ?? (wanted.torch === undefined ? kept?.torchIndex : undefined);

  context.note("installing the pinned Python packages; the first time takes a minute or more");
  if (torch === undefined && process.platform === "linux" && !existsSync("/proc/driver/nvidia")) {
    context.note(
      "no NVIDIA driver is seen: should pip fetch a CUDA build of several GB, --torch cpu avoids it",
    );
  }
  rmSync(join(venv, STAMP_NAME), { force: true });
  writeFileSync(join(venv, INTERRUPTED), "");
  if (torch !== undefined || torchIndex !== undefined) {
    await pip(venv, torchArguments(wanted.root, torch, torchIndex), "installing PyTorch", context);
  }
  const file = join(wanted.root, wanted.dev ? "requirements-dev.txt" : "requirements.txt");
  await pip(venv, ["-r", file], "installing the Python packages", context);
  rmSync(join(venv, INTERRUPTED));
  writeStamp(venv, {
    inputs: requirementsHash(wanted.root),
    dev: wanted.dev ? developmentHash(wanted.root) : null,
    base: wanted.python ?? kept?.base ?? null,
    torch,
    torchIndex,
    entries: installed(venv),
  });
}

/** False where the environment has to be made from nothing. */
async function isUsable(venv, stamp, wanted, context) {
  if (!existsSync(pythonOf(venv)) || existsSync(join(venv, INTERRUPTED))) return false;
  if (wanted.python !== undefined && stamp !== null && stamp.base !== wanted.python) return false;
  // pip would take a package whose record is left for installed, though its files are gone.
  const present = new Set(installed(venv));
  const gone = stamp?.entries.filter((entry) => !present.has(entry)) ?? [];
  if (gone.some((entry) => !entry.endsWith(".dist-info"))) return false;
  const code = "import sys, pip; sys.exit(0 if sys.version_info >= (3, 10) else 1)";
  return succeeded(await run(pythonOf(venv), ["-c", code], context));
}

async function createVenv(venv, named, context) {
  const base = named ?? (await findPython({ signal: context.signal }));
  context.note(`making the Python environment ${venv} from Python ${base.version.join(".")}`);
  rmSync(venv, { recursive: true, force: true });
  mkdirSync(dirname(venv), { recursive: true });
  const result = await run(base.executable, ["-m", "venv", venv], context);
  if (succeeded(result)) return;
  context.signal?.throwIfAborted();
  rmSync(venv, { recursive: true, force: true });
  throw explainFailure("making the Python environment", result, venv);
}

async function pip(venv, args, doing, context) {
  const options = ["--disable-pip-version-check", "--no-input", "--quiet"];
  const started = Date.now();
  const alive = setInterval(() => {
    context.note(`${doing}, ${Math.round((Date.now() - started) / 1000)} s so far`);
  }, PROGRESS_MS);
  const result = await run(pythonOf(venv), ["-m", "pip", "install", ...options, ...args], {
    ...context,
    // Settings of the surrounding shell that would send the packages elsewhere.
    env: { PYTHONPATH: "", PIP_TARGET: "", PIP_PREFIX: "", PIP_USER: "", PIP_REQUIRE_VIRTUALENV: "" },
  });
  clearInterval(alive);
  if (succeeded(result)) return;
  context.signal?.throwIfAborted();
  // A pip that ends by itself has rolled back; only a killed one leaves half a package.
  if (result.signal === null) rmSync(join(venv, INTERRUPTED), { force: true });
  throw explainFailure(doing, result, venv);
}

function checkTorchChoice({ torch }) {
  if (torch !== undefined && !(torch in TORCH_BUILDS)) {
    throw new SetupError(`--torch: got ${torch}, allowed are ${Object.keys(TORCH_BUILDS).join(", ")}`, {
      hint: "cpu runs everywhere; cuda needs an NVIDIA GPU and its driver.",
    });
  }
  if (torch === "cuda" && process.platform === "darwin") {
    throw new SetupError("--torch cuda: there is no CUDA build of PyTorch for macOS", {
      hint: "Leave it out: the usual build uses the GPU of Apple machines (MPS).",
    });
  }
}

/** Arguments of pip that install the wanted build; its dependencies come with the requirements. */
export function torchArguments(root, torch, torchIndex, platform = process.platform) {
  const pin = textOf(join(root, "requirements.txt")).match(/^torch==[\w.]+/m)?.[0];
  if (pin === undefined)
    throw new SetupError("requirements.txt pins no torch", { hint: "Restore the file." });
  const build = torch === undefined ? undefined : TORCH_BUILDS[torch];
  // Builds for macOS carry no tag; with an index and no build named, any build that the index has will do.
  const tag = build === undefined || platform === "darwin" ? "" : build.local;
  const index = torchIndex ?? build.index;
  const again = build === undefined ? ["--force-reinstall"] : [];
  return [...again, "--no-deps", "--index-url", index, `${pin}${tag}`];
}

const requirementsHash = (root) => hashOf([textOf(join(root, "requirements.txt"))]);
const developmentHash = (root) => hashOf([textOf(join(root, "requirements-dev.txt"))]);

/** What lies in the environment's site-packages. */
function installed(venv) {
  const lib = join(venv, "lib");
  const version = namesIn(lib).find((name) => name.startsWith("python3"));
  const folder =
    process.platform === "win32"
      ? join(venv, "Lib", "site-packages")
      : join(lib, version ?? "", "site-packages");
  return namesIn(folder).filter((name) => name !== "__pycache__");
}
