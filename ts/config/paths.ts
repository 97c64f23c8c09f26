/** Makes the paths of a configuration absolute. The list below is the one place that knows which fields are paths. */
import { existsSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import type { Config } from "./schema/index.js";

/** Resolves every relative path of `config` against `baseFolder`; hub ids and catalog names stay as they are. */
export function resolvePaths(config: Config, baseFolder: string): Config {
  const absolute = (path: string) => resolve(baseFolder, path);
  /** A model is a folder or file where one is there or the text can be nothing else; otherwise it is a hub id. */
  const model = (text: string) =>
    isAbsolute(text) || /^\.{1,2}\/|\.gguf$/i.test(text) || existsSync(absolute(text))
      ? absolute(text)
      : text;
  return {
    ...config,
    family: resolveFamilyPaths(config.family, model),
    ...resolveTask(config, absolute),
    run: resolveRun(config, absolute),
  };
}

function resolveFamilyPaths(family: Config["family"], model: (text: string) => string): Config["family"] {
  if (typeof family === "string") return family;
  if (Array.isArray(family)) return family.map(model);
  for (const anchor of family.anchors) {
    if (typeof anchor.weights === "string") anchor.weights = model(anchor.weights);
  }
  return family;
}

function resolveTask(config: Config, absolute: (path: string) => string): Pick<Config, "task"> {
  const task = config.task;
  if (task === undefined) return {};
  if (typeof task.data === "string") return { task };
  const part = (value: string | number) => (typeof value === "string" ? absolute(value) : value);
  const { data } = task;
  data.train = absolute(data.train);
  data.validation = part(data.validation);
  data.test = part(data.test);
  return { task };
}

function resolveRun({ run }: Config, absolute: (path: string) => string): Config["run"] {
  return {
    ...run,
    folder: run.folder && absolute(run.folder),
    python: run.python && absolute(run.python),
  };
}
