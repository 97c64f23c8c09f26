import type { SetupError } from "./index.mjs";

/** What `run` of processes.mjs gives. */
interface Ended {
  command: string;
  code: number | null;
  signal: string | null;
  output: string;
  error: (Error & { code?: string }) | undefined;
}

export function explainFailure(doing: string, result: Ended, folder: string): SetupError;
