/** The Node half of a clone: the packages of package-lock.json, and the build of ts/ in dist/. */
import { existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { explainFailure } from "./failures.mjs";
import { run, succeeded } from "./processes.mjs";
import { filesUnder, hashOf, readStamp, textOf, writeStamp } from "./stamps.mjs";

/** True where node_modules holds what package-lock.json says, as far as a look at each package's folder tells. */
export function nodePackagesAreDone(root) {
  const stamp = readStamp(join(root, "node_modules"));
  return stamp !== null && stamp.inputs === packagesHash(root) && allThere(root, stamp.entries);
}

/** Installs the locked packages; what `npm install` or `npm ci` has already put in place is only stamped. */
export async function installNodePackages(root, context) {
  let packages = installedAsLocked(root);
  if (packages === null) {
    context.note("installing the locked Node packages (npm ci)");
    const [command, ...args] = npmCommand();
    const result = await run(command, [...args, "ci", "--no-fund", "--no-audit"], { ...context, cwd: root });
    context.signal?.throwIfAborted();
    if (!succeeded(result)) throw explainFailure("npm ci", result, join(root, "node_modules"));
    packages = installedAsLocked(root) ?? [];
  }
  writeStamp(join(root, "node_modules"), { inputs: packagesHash(root), entries: packages });
}

/** True where dist/ was built from the present sources and is whole. */
export function buildIsDone(root) {
  const dist = join(root, "dist");
  const stamp = readStamp(dist);
  return (
    stamp !== null &&
    stamp.inputs === sourcesHash(root) &&
    stamp.entries.length > 0 &&
    stamp.entries.every((file) => existsSync(join(dist, file)))
  );
}

/** Builds beside dist/ and swaps, so that a failed or interrupted build leaves the old one, and nothing stale. */
export async function build(root, context) {
  context.note("building (tsc)");
  const inputs = sourcesHash(root);
  const draft = join(root, "dist.new");
  rmSync(draft, { recursive: true, force: true });
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const args = [tsc, "-p", "tsconfig.build.json", "--outDir", draft, "--pretty", "false"];
  const result = await run(process.execPath, args, { ...context, cwd: root });
  context.signal?.throwIfAborted();
  if (!succeeded(result)) {
    rmSync(draft, { recursive: true, force: true });
    throw explainFailure("the build (tsc)", result, join(root, "dist"));
  }
  writeStamp(draft, { inputs, entries: filesUnder(draft) });
  const old = join(root, "dist.old");
  rmSync(old, { recursive: true, force: true });
  if (existsSync(join(root, "dist"))) renameSync(join(root, "dist"), old);
  renameSync(draft, join(root, "dist"));
  rmSync(old, { recursive: true, force: true });
}

function packagesHash(root) {
  const files = ["package-lock.json", ".npmrc"].map((file) => textOf(join(root, file)));
  return hashOf([...files, process.versions.modules, process.platform, process.arch]);
}

function sourcesHash(root) {
  const sources = filesUnder(join(root, "ts"));
  const texts = sources.flatMap((file) => [file, textOf(join(root, "ts", file))]);
  const settings = ["tsconfig.json", "tsconfig.build.json", "package-lock.json"];
  return hashOf([...texts, ...settings.map((file) => textOf(join(root, file)))]);
}

/**
 * Folders of the installed packages where npm's own record of node_modules, which it writes last, agrees with the
 * lock; null where it does not. Optional packages for other platforms may be absent.
 */
function installedAsLocked(root) {
  const locked = packagesIn(join(root, "package-lock.json"));
  const present = packagesIn(join(root, "node_modules", ".package-lock.json"));
  // npm writes no record where there is nothing to install.
  if (locked === null || (present === null && Object.keys(locked).length > 0)) return null;
  for (const [folder, { version, optional }] of Object.entries(locked)) {
    const found = present[folder];
    if (found === undefined ? !optional : found.version !== version) return null;
  }
  const folders = Object.keys(present ?? {});
  return folders.every((folder) => folder in locked) && allThere(root, folders) ? folders : null;
}

function packagesIn(file) {
  try {
    const { packages } = JSON.parse(readFileSync(file, "utf8"));
    return Object.fromEntries(
      Object.entries(packages).filter(([folder]) => folder.startsWith("node_modules/")),
    );
  } catch {
    return null;
  }
}

const allThere = (root, folders) => folders.every((folder) => existsSync(join(root, folder, "package.json")));

/** npm as it was called, if it was; else npm of the PATH. */
function npmCommand() {
  const script = process.env.npm_execpath;
  if (script?.endsWith(".js") && existsSync(script)) return [process.execPath, script];
  return [process.platform === "win32" ? "npm.cmd" : "npm"];
}
