/** Downloads model weights from the hub, when asked: the only operation that does. */
import { queryEngine } from "./query-engine.js";

export interface FetchOptions {
  revision?: string;
  python?: string;
}

export interface Fetched {
  id: string;
  revision: string;
  folder: string;
}

/** Puts a model into the local Hugging Face cache, whence plans and runs find it. */
export async function fetchModel(id: string, options: FetchOptions = {}): Promise<Fetched> {
  const { python, ...parameters } = options;
  return queryEngine<Fetched>("fetch", { id, ...parameters }, { python });
}
