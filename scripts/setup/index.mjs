/**
 * The set-up: what `npm run setup`, `npm test`, `npm run demo` and `esta setup` share. Each step is skipped where
 * its stamp says that it is done, so a second call costs a fraction of a second, and an interrupted set-up is
 * taken up where it broke off. Plain Node, for nothing is installed yet.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SetupError } from "./failures.mjs";
import { OLDEST_PYTHON } from "./find-python.mjs";
import { withLock } from "./folder-lock.mjs";
import { isClone, pythonOf, userVenv, venvFolder } from "./folders.mjs";
import { build, buildIsDone, installNodePackages, nodePackagesAreDone } from "./node-side.mjs";
import { makePythonEnvironment, pythonEnvironmentIsDone } from "./python-environment.mjs";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/[\\/]$/, "");
export const OLDEST_NODE = [20, 19];
export { isClone, OLDEST_PYTHON, pythonOf, SetupError, userVenv, venvFolder };

/**
 * Does all set-up of the clone at `root`; gives the path of the environment's interpreter. `dev` adds what tests
 * need; the rest as `makePythonEnvironment`. `onMessage(text)` hears what is being done. Throws SetupError.
 */
export async function bootstrap({ root = ROOT, onMessage = () => {}, signal, ...wanted } = {}) {
  checkNode();
  await perform(
    [
      {
        isDone: () => nodePackagesAreDone(root),
        make: (context) => installNodePackages(root, context),
      },
      pythonStep(root, wanted),
      { isDone: () => buildIsDone(root), make: (context) => build(root, context) },
    ],
    { lock: join(root, ".cache", "setup.lock"), onMessage, signal },
  );
  return pythonOf(venvFolder(root));
}

/** The Python half alone, for a package that npm installed; the same options and result. */
export async function setUpPython({ root = ROOT, onMessage = () => {}, signal, ...wanted } = {}) {
  checkNode();
  await perform([pythonStep(root, wanted)], { lock: `${venvFolder(root)}.lock`, onMessage, signal });
  return pythonOf(venvFolder(root));
}

/** True where the environment holds the pinned packages; reads files only. */
export function pythonIsSetUp({ root = ROOT, ...wanted } = {}) {
  return pythonStep(root, wanted).isDone();
}

function pythonStep(root, wanted) {
  const venv = venvFolder(root);
  return {
    isDone: () => pythonEnvironmentIsDone(venv, { root, ...wanted }),
    make: (context) => makePythonEnvironment(venv, { root, ...wanted }, context),
  };
}

/** Does the steps that are not done, one process at a time; where all are done, not even the lock is taken. */
async function perform(steps, { lock, onMessage, signal }) {
  if (steps.every((step) => step.isDone())) return;
  const onWait = (pid) => onMessage(`waiting for another set-up (process ${pid})`);
  const work = async ({ setChild }) => {
    for (const step of steps) {
      if (!step.isDone()) await step.make({ signal, note: onMessage, onStart: setChild });
    }
  };
  await withLock(lock, work, { onWait, signal });
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  throw new SetupError(`Node >= ${OLDEST_NODE.join(".")} is needed; this is ${process.versions.node}`, {
    hint: "Install a newer Node (nodejs.org, nvm, fnm or your distribution) and start again.",
  });
}
