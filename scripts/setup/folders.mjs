/**
 * Where the Python environment lies. In a clone it is .venv beside package.json. A package that npm installed may
 * lie in a folder that is not ours to write, and that every `npm ci` deletes, so there it is in the user's data
 * folder, named by the hash of the locked requirements: projects with the same version share its 2 GB, and
 * versions with other requirements do not break each other.
 */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { hashOf, textOf } from "./stamps.mjs";

/** True where `root` is a source tree, whose files `npm ci` and tsc can make anew. */
export function isClone(root) {
  return existsSync(join(root, "tsconfig.build.json"));
}

/** Folder of estakit's own data of this user; ESTAKIT_HOME overrides it. */
export function userDataFolder(environment = process.env, platform = process.platform) {
  if (environment.ESTAKIT_HOME) return environment.ESTAKIT_HOME;
  if (platform === "win32") {
    return join(environment.LOCALAPPDATA ?? join(homedir(), "AppData", "Local"), "estakit");
  }
  if (platform === "darwin") return join(homedir(), "Library", "Application Support", "estakit");
  return join(environment.XDG_DATA_HOME || join(homedir(), ".local", "share"), "estakit");
}

/** The environment of a package that npm installed. */
export function userVenv(root) {
  const requirements = hashOf([textOf(join(root, "requirements.txt"))]).slice(0, 8);
  return join(userDataFolder(), `venv-${requirements}`);
}

/** Where set-up makes the environment. */
export function venvFolder(root) {
  return isClone(root) ? join(root, ".venv") : userVenv(root);
}

/** The interpreter of an environment, whether or not it exists. */
export function pythonOf(venv) {
  return process.platform === "win32" ? join(venv, "Scripts", "python.exe") : join(venv, "bin", "python");
}
