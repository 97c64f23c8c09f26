/** A small clone for tests of the set-up: real npm, venv, pip and tsc on packages of a few lines, no network. */
import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { scratch } from "../scratch.js";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));

export interface Ended {
  code: number | null;
  stderr: string;
}

export class ToyClone {
  readonly root = scratch();

  constructor() {
    cpSync(join(REPOSITORY, "scripts", "setup"), join(this.root, "scripts", "setup"), { recursive: true });
    cpSync(join(REPOSITORY, "scripts", "bootstrap.mjs"), join(this.root, "scripts", "bootstrap.mjs"));
    const versions = { name: "toy", version: "1.0.0" };
    const devDependencies = { typescript: "file:vendor/typescript" };
    this.writeJson("package.json", { ...versions, type: "module", devDependencies });
    this.writeJson("package-lock.json", {
      ...versions,
      lockfileVersion: 3,
      requires: true,
      packages: {
        "": { ...versions, devDependencies },
        "node_modules/typescript": { resolved: "vendor/typescript", link: true },
        "vendor/typescript": { name: "typescript", version: "1.0.0", dev: true },
      },
    });
    this.writeJson("vendor/typescript/package.json", { name: "typescript", version: "1.0.0" });
    const tsc = JSON.stringify(join(REPOSITORY, "node_modules", "typescript", "bin", "tsc"));
    this.write("vendor/typescript/bin/tsc", `require(${tsc});\n`);
    this.writeJson("tsconfig.json", { compilerOptions: { module: "nodenext", types: [], rootDir: "ts" } });
    this.writeJson("tsconfig.build.json", { extends: "./tsconfig.json", include: ["ts"] });
    this.write("ts/index.ts", "export const answer: number = 42;\n");
    this.write("requirements.txt", "tiny-runtime==1.0\ntorch==1.0\n");
    this.write("requirements-dev.txt", "-r requirements.txt\ntiny-tests==1.0\n");
    for (const [name, version] of Object.entries({ tiny_runtime: "1.0", torch: "1.0", tiny_tests: "1.0" })) {
      this.makeWheel("wheels", name, version);
    }
    this.makeWheel("simple/torch", "torch", "1.0+cpu");
    this.write(
      "simple/torch/index.html",
      '<a href="torch-1.0+cpu-py3-none-any.whl">torch-1.0+cpu-py3-none-any.whl</a>',
    );
  }

  path(...names: string[]): string {
    return join(this.root, ...names);
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text);
  }

  writeJson(name: string, value: unknown): void {
    this.write(name, JSON.stringify(value));
  }

  remove(name: string): void {
    rmSync(this.path(name), { recursive: true });
  }

  /** URL of the package index that has the CPU build of the toy torch. */
  get cpuIndex(): string {
    return pathToFileURL(this.path("simple")).href;
  }

  /** Starts the set-up; `onStderr` hears all that was said so far each time something is said. */
  start(args: string[] = [], env: NodeJS.ProcessEnv = {}, onStderr: (text: string) => void = () => {}) {
    const child = spawn(process.execPath, [this.path("scripts", "bootstrap.mjs"), ...args], {
      cwd: tmpdir(),
      env: { ...process.env, ...this.environment(), ...env },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      onStderr(stderr);
    });
    const ended = new Promise<Ended>((resolve) => {
      // An orphan may keep the pipe open, so the end of the process counts, not of its output.
      child.on("exit", (code) => setTimeout(() => resolve({ code, stderr }), 50));
    });
    return { child, ended };
  }

  setUp(args: string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return this.start(args, env).ended;
  }

  /** Runs code in the environment that was made; gives what it prints. */
  python(code: string): string {
    const result = spawnSync(this.path(".venv", "bin", "python"), ["-c", code], { encoding: "utf8" });
    return result.stdout.trim() || result.stderr;
  }

  /** pip finds the toy wheels and nothing else, whatever this machine's own settings are. */
  private environment(): NodeJS.ProcessEnv {
    return {
      PIP_CONFIG_FILE: "/dev/null",
      PIP_INDEX_URL: pathToFileURL(this.path("no-index")).href,
      PIP_EXTRA_INDEX_URL: "",
      PIP_FIND_LINKS: this.path("wheels"),
      PIP_RETRIES: "0",
      ESTAKIT_PYTHON: "",
      npm_execpath: "",
    };
  }

  private makeWheel(folder: string, name: string, version: string): void {
    mkdirSync(this.path(folder), { recursive: true });
    const file = this.path(folder, `${name}-${version}-py3-none-any.whl`);
    const code = `
import sys, zipfile
file, name, version = sys.argv[1:]
info = f"{name}-{version}.dist-info"
with zipfile.ZipFile(file, "w") as wheel:
    wheel.writestr(f"{name}/__init__.py", f"version = {version!r}\\n")
    wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n")
    wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nGenerator: toy\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(f"{info}/RECORD", "")
`;
    const made = spawnSync("python3", ["-c", code, file, name, version], { encoding: "utf8" });
    if (made.status !== 0) throw new Error(made.stderr);
  }
}
