/** Finds models in the standard cache of the Hugging Face hub; nothing is ever downloaded here. */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

export interface CachedModel {
  folder: string;
  /** The commit that the cache holds. */
  revision: string;
}

/** Where `huggingface_hub` keeps models, by its own environment variables. */
export function hubCacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const cache = env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
  return env.HF_HUB_CACHE ?? join(env.HF_HOME ?? join(cache, "huggingface"), "hub");
}

/** The cached snapshot of `owner/name` at a commit, tag or branch, if it holds a config.json. */
export function findCachedModel(id: string, revision = "main"): CachedModel | undefined {
  const model = join(hubCacheFolder(), `models--${id.replaceAll("/", "--")}`);
  const reference = join(model, "refs", revision);
  const commit = existsSync(reference) ? readFileSync(reference, "utf8").trim() : revision;
  const folder = join(model, "snapshots", commit);
  return existsSync(join(folder, "config.json")) ? { folder, revision: commit } : undefined;
}
