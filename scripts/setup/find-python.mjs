/** Finds a Python from which an environment can be made. */
import { SetupError } from "./failures.mjs";
import { run, succeeded } from "./processes.mjs";

export const OLDEST_PYTHON = [3, 10];
/** The newest minor version for which requirements.txt is locked; a newer one is taken where it is the only one. */
export const NEWEST_LOCKED_PYTHON = [3, 13];

const QUESTION = [
  "import importlib.util as u, json, sys",
  "venv = all(u.find_spec(name) for name in ('venv', 'ensurepip'))",
  "print(json.dumps({'version': list(sys.version_info[:3]), 'executable': sys.executable, 'venv': venv,",
  "  'bits': 64 if sys.maxsize > 2**32 else 32}))",
].join("\n");

/**
 * The Python to make an environment from: `{command, executable, version: [major, minor, patch]}`.
 * `python` (or ESTAKIT_PYTHON) is taken as it is or refused; otherwise the first of the usual names that serves.
 * Throws SetupError that lists what was found.
 */
export async function findPython({ python, signal } = {}) {
  const named = python ?? process.env.ESTAKIT_PYTHON;
  const candidates = named ? [[named]] : usualNames();
  const found = [];
  for (const candidate of candidates) {
    const answer = await ask(candidate, signal);
    const fault = faultOf(answer);
    if (fault === undefined && (named || compare(answer.version, NEWEST_LOCKED_PYTHON) <= 0)) return answer;
    found.push({ candidate: candidate.join(" "), answer, fault });
  }
  const newer = found.find(({ fault }) => fault === undefined);
  if (newer !== undefined) return newer.answer;
  throw noPython(found, named);
}

function usualNames() {
  const versions = ["python3.13", "python3.12", "python3.11", "python3.10"].map((name) => [name]);
  const launcher = process.platform === "win32" ? [["py", "-3"]] : [];
  return [...launcher, ["python3"], ["python"], ...versions];
}

async function ask([command, ...args], signal) {
  const result = await run(command, [...args, "-c", QUESTION], { signal });
  signal?.throwIfAborted();
  if (result.error) return { missing: result.error.code === "ENOENT", problem: result.error.message };
  if (!succeeded(result)) return { missing: false, problem: result.output.trim().split("\n").at(-1) };
  try {
    return { command, ...JSON.parse(result.output.trim().split("\n").at(-1)) };
  } catch {
    return { missing: false, problem: `it answered ${JSON.stringify(result.output.slice(0, 80))}` };
  }
}

function faultOf(answer) {
  if (answer.missing) return "not found";
  if (answer.version === undefined) return `does not run: ${answer.problem}`;
  if (compare(answer.version, OLDEST_PYTHON) < 0) return `is Python ${answer.version.join(".")}, too old`;
  if (answer.bits !== 64) return `is a ${answer.bits} bit Python, for which PyTorch has no build`;
  if (!answer.venv) return `is Python ${answer.version.join(".")} without the venv module`;
  return undefined;
}

/** Compares versions by their first two numbers. */
function compare(version, other) {
  return version[0] - other[0] || version[1] - other[1];
}

function noPython(found, named) {
  const seen = found.filter(({ answer }) => !answer.missing);
  const facts = (seen.length > 0 ? seen : named ? found : []).map(
    ({ candidate, fault }) => `${candidate} ${fault}`,
  );
  const oldest = OLDEST_PYTHON.join(".");
  const withoutVenv = seen.some(({ fault }) => fault?.endsWith("venv module"));
  return new SetupError(
    `Python >= ${oldest} is needed; ${facts.length > 0 ? facts.join("; ") : "none was found (python3, python)"}`,
    {
      hint: withoutVenv
        ? "On Debian and Ubuntu: apt install python3-venv. Or name another Python: ESTAKIT_PYTHON=/path/to/python3."
        : `Install Python ${oldest} to ${NEWEST_LOCKED_PYTHON.join(".")} (on Debian and Ubuntu: apt install python3 python3-venv; else python.org), or name one: ESTAKIT_PYTHON=/path/to/python3.`,
    },
  );
}
