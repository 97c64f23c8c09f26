/** Downloads model weights from the hub, when asked: the only operation that does. */
import { basename } from "node:path";
import { findInterpreter } from "../engine/interpreter.js";
import { startJob } from "../engine/job.js";

export interface FetchOptions {
  revision?: string | undefined;
  python?: string | undefined;
  signal?: AbortSignal | undefined;
}

export interface Fetched {
  id: string;
  /** The commit that was fetched. */
  revision: string;
  folder: string;
}

/** Puts a model into the local Hugging Face cache, whence plans and runs find it. @throws EstaError("engine") */
export async function fetchModel(id: string, options: FetchOptions = {}): Promise<Fetched> {
  const { executable } = await findInterpreter({ python: options.python });
  const revision = options.revision === undefined ? [] : ["--revision", options.revision];
  const job = startJob({ python: executable, args: ["fetch", id, ...revision], signal: options.signal });
  const end = await job.result;
  const folder = end.event === "finished" ? (end.outputs[0] ?? "") : "";
  return { id, revision: basename(folder), folder };
}
