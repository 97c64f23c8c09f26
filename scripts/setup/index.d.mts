/** Types of the set-up for ts/, which imports it from the source tree and from the package alike. */

export interface SetupOptions {
  /** Root of the clone or of the installed package; where this file lies unless given. */
  root?: string;
  /** Adds what the tests need. */
  dev?: boolean;
  /** The interpreter to make the environment from. */
  python?: string | undefined;
  /** Build of PyTorch; the platform's usual one unless given. */
  torch?: "cpu" | "cuda" | undefined;
  /** Package index that has this build. */
  torchIndex?: string | undefined;
  onMessage?: (text: string) => void;
  signal?: AbortSignal | undefined;
}

export const ROOT: string;
export const OLDEST_NODE: readonly [number, number];
export const OLDEST_PYTHON: readonly [number, number];

/** Does all set-up of a clone; gives the path of the environment's interpreter. Throws SetupError. */
export function bootstrap(options?: SetupOptions): Promise<string>;
/** The Python half alone. Throws SetupError. */
export function setUpPython(options?: SetupOptions): Promise<string>;
/** True where the environment holds the pinned packages; reads files only. */
export function pythonIsSetUp(options?: SetupOptions): boolean;

export function isClone(root: string): boolean;
/** Where set-up makes the environment. */
export function venvFolder(root: string): string;
/** The environment of a package that npm installed. */
export function userVenv(root: string): string;
/** The interpreter of an environment, whether or not it exists. */
export function pythonOf(venv: string): string;

/** An expected failure: `hint` says what to do, `output` holds the last lines of the tool that failed. */
export class SetupError extends Error {
  readonly hint: string | undefined;
  readonly output: string;
}
