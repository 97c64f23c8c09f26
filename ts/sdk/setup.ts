/** Makes the Python environment of the engine: what `esta setup` does, and the Python half of `npm run setup`. */
import {
  pythonIsSetUp,
  pythonOf,
  ROOT,
  SetupError,
  setUpPython,
  venvFolder,
} from "../../scripts/setup/index.mjs";
import { EstaError } from "../errors.js";

export interface SetupOptions {
  /** The interpreter to make the environment from; the first of python3, python that serves unless given. */
  python?: string | undefined;
  /** Build of PyTorch: cpu, or cuda for NVIDIA GPUs; the platform's usual one unless given. Kept until changed. */
  torch?: "cpu" | "cuda" | undefined;
  /** Package index that has that build, instead of PyTorch's own. */
  torchIndex?: string | undefined;
  /** Hears what is being done. */
  onMessage?: ((text: string) => void) | undefined;
  /** Aborting it ends the tool that runs; the next call takes the set-up up again. */
  signal?: AbortSignal | undefined;
}

export interface SetupResult {
  /** The interpreter of the environment. */
  python: string;
  /** Folder of the environment. */
  folder: string;
  /** False where everything was in place already. */
  changed: boolean;
}

/**
 * Makes or mends the environment: `.venv` of a clone, else a folder in the user's data (ESTAKIT_HOME overrides
 * where), with the versions that requirements.txt pins. Does nothing where it is in place.
 *
 * @throws EstaError("environment") that names what is missing (Python, network, disk, ...) and what to do.
 */
export async function setup(options: SetupOptions = {}): Promise<SetupResult> {
  const { onMessage, ...wanted } = options;
  const folder = venvFolder(ROOT);
  if (pythonIsSetUp(wanted)) return { python: pythonOf(folder), folder, changed: false };
  try {
    const python = await setUpPython({ ...wanted, ...(onMessage === undefined ? {} : { onMessage }) });
    return { python, folder, changed: true };
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    throw new EstaError("environment", error.output ? `${error.message}\n${error.output}` : error.message, {
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      cause: error,
    });
  }
}
