/**
 * Finds the Python interpreter that runs the engine, and asks it what it has, in one short child process that
 * answers as JSON. Nothing here goes through pythonia, which ends Node where there is no Python.
 */
import { execa } from "execa";
import { OLDEST_PYTHON, pythonOf, ROOT, userVenv, venvFolder } from "../../scripts/setup/index.mjs";
import { EstaError } from "../errors.js";
import { DEVICE_QUESTION, type DeviceReport, PACKAGE_QUESTION } from "./interpreter-questions.js";

/** Packages without which the engine does not start; the names are pip's. */
export const NEEDED_PACKAGES = [
  "torch",
  "transformers",
  "safetensors",
  "datasets",
  "pillow",
  "numpy",
  "scikit-learn",
  "jsonschema",
] as const;

export type InterpreterOrigin = "named" | "ESTAKIT_PYTHON" | "environment" | "PATH";

export interface Interpreter {
  executable: string;
  /** e.g. 3.11.7 */
  version: string;
  /** How it was found: named by `--python` or `run.python`, by ESTAKIT_PYTHON, made by set-up, or on the PATH. */
  origin: InterpreterOrigin;
  /** Installed version of each of NEEDED_PACKAGES, null where it is missing. */
  packages: Record<string, string | null>;
}

export interface InterpreterOptions {
  /** The interpreter to use, as `--python` or `run.python` name it; no other is tried then. */
  python?: string | undefined;
  timeoutMs?: number | undefined;
}

/** Why one candidate does not serve, in words that continue its name. */
export interface Refusal {
  command: string;
  origin: InterpreterOrigin;
  reason: string;
}

const PACKAGES_TIMEOUT_MS = 30_000;
const DEVICES_TIMEOUT_MS = 120_000;

/**
 * The first interpreter that has all the engine needs, of: the named one, ESTAKIT_PYTHON, the environment that
 * set-up made (.venv of a clone, the user's data folder of an installed package), python3, python. Reads the
 * packages' metadata only, so it takes a tenth of a second.
 *
 * @throws EstaError("environment") that says what was found and what to do.
 */
export async function findInterpreter(options: InterpreterOptions = {}): Promise<Interpreter> {
  const refusals: Refusal[] = [];
  for (const { command, origin } of candidates(options)) {
    const answer = await askPackages(command, origin, options.timeoutMs);
    const reason = "reason" in answer ? answer.reason : faultOf(answer);
    if (reason === undefined) return answer as Interpreter;
    refusals.push({ command, origin, reason });
    // ESTAKIT_PYTHON may name the bare Python that the environment was made from, but not one that fails.
    if (origin === "named" || (origin === "ESTAKIT_PYTHON" && "reason" in answer)) break;
  }
  throw noInterpreter(refusals);
}

/**
 * Every candidate with what it has or why it does not run, for `doctor`: nothing is refused for what it lacks.
 */
export async function describeInterpreters(
  options: InterpreterOptions = {},
): Promise<(Interpreter | Refusal)[]> {
  return Promise.all(
    candidates(options).map(({ command, origin }) => askPackages(command, origin, options.timeoutMs)),
  );
}

/**
 * Imports torch in `executable` and says which devices it sees; takes seconds.
 *
 * @throws EstaError("environment") where torch cannot be imported.
 */
export async function probeDevices(
  executable: string,
  options: Pick<InterpreterOptions, "timeoutMs"> = {},
): Promise<DeviceReport> {
  const answer = await ask<DeviceReport>(
    executable,
    DEVICE_QUESTION,
    options.timeoutMs ?? DEVICES_TIMEOUT_MS,
  );
  if (typeof answer !== "string") return answer;
  throw new EstaError("environment", `${executable} cannot import torch: ${answer}`, { hint: setupHint() });
}

/** What to call to make or mend the environment: in a clone npm's script, else the installed command. */
export function setupHint(): string {
  const command = venvFolder(ROOT) === userVenv(ROOT) ? "esta setup" : "npm run setup";
  return `Run \`${command}\`, which makes the environment, or name an interpreter that has the packages with --python.`;
}

function candidates({ python }: InterpreterOptions): { command: string; origin: InterpreterOrigin }[] {
  if (python !== undefined) return [{ command: python, origin: "named" }];
  const named = process.env.ESTAKIT_PYTHON;
  const made = [...new Set([venvFolder(ROOT), userVenv(ROOT)])].map(pythonOf);
  return [
    ...(named ? [{ command: named, origin: "ESTAKIT_PYTHON" as const }] : []),
    ...made.map((command) => ({ command, origin: "environment" as const })),
    ...["python3", "python"].map((command) => ({ command, origin: "PATH" as const })),
  ];
}

async function askPackages(
  command: string,
  origin: InterpreterOrigin,
  timeoutMs = PACKAGES_TIMEOUT_MS,
): Promise<Interpreter | Refusal> {
  const answer = await ask<Omit<Interpreter, "origin">>(
    command,
    PACKAGE_QUESTION,
    timeoutMs,
    NEEDED_PACKAGES,
  );
  return typeof answer === "string" ? { command, origin, reason: answer } : { ...answer, origin };
}

/** The answer to one question, or why there is none. */
async function ask<Answer>(
  command: string,
  question: string,
  timeoutMs: number,
  args: readonly string[] = [],
): Promise<Answer | string> {
  const result = await execa(command, ["-c", question, ...args], {
    // Keeps a file named json.py in the working folder from being imported (Python >= 3.11).
    env: { PYTHONSAFEPATH: "1" },
    stdin: "ignore",
    timeout: timeoutMs,
    forceKillAfterDelay: 2_000,
    maxBuffer: 1_000_000,
    reject: false,
  });
  if (result.timedOut) return `did not answer within ${timeoutMs / 1000} s`;
  if (result.code === "ENOENT") return "is not there";
  if (result.failed) return `does not run: ${lastLine(result.stderr) || result.shortMessage}`;
  try {
    return JSON.parse(lastLine(result.stdout)) as Answer;
  } catch {
    return `is no Python: it answered ${JSON.stringify(result.stdout.slice(0, 80))}`;
  }
}

const lastLine = (text: string) => text.trim().split("\n").at(-1) ?? "";

/** What the engine lacks in this interpreter; undefined where it lacks nothing. */
function faultOf({ version, packages }: Interpreter): string | undefined {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_PYTHON;
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
    return `is Python ${version}; >= ${OLDEST_PYTHON.join(".")} is needed`;
  }
  const missing = Object.keys(packages).filter((name) => packages[name] === null);
  return missing.length > 0 ? `(Python ${version}) lacks ${missing.join(", ")}` : undefined;
}

function noInterpreter(refusals: readonly Refusal[]): EstaError {
  // What is simply not there says nothing, unless it was asked for.
  const telling = refusals.filter(({ origin, reason }) => reason !== "is not there" || origin !== "PATH");
  const facts = telling.map(({ command, reason }) => `${command} ${reason}`).join("; ");
  const named = refusals.length === 1 && refusals[0]?.origin === "named";
  return new EstaError(
    "environment",
    named ? `the Python that was named does not serve: ${facts}` : `no Python can run the engine: ${facts}`,
    { hint: setupHint(), details: refusals },
  );
}
