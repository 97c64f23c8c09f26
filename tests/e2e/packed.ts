/** What a user gets: the tarball that npm would publish, installed into an empty folder. */
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { pythonOf, ROOT, venvFolder } from "../../scripts/setup/index.mjs";

export interface Packed {
  /** Folder of the project that has estakit among its dependencies. */
  readonly app: string;
  /** Paths inside the tarball. */
  readonly files: readonly string[];
  readonly bytes: number;
  /** Where `esta setup` keeps its environment. */
  readonly home: string;
}

const NPM = ["--no-audit", "--no-fund", "--prefer-offline"];

/** Packs the built clone and installs it, without what only development needs. */
export async function installPacked(folder: string): Promise<Packed> {
  // The build is there already, and other tests are using it.
  const packing = ["pack", ROOT, "--json", "--ignore-scripts", "--pack-destination", folder];
  const { stdout } = await execa("npm", packing, { cwd: folder });
  const [tarball] = JSON.parse(stdout) as [{ filename: string; size: number; files: { path: string }[] }];
  const app = join(folder, "app");
  mkdirSync(app);
  writeFileSync(join(app, "package.json"), JSON.stringify({ private: true, type: "module" }));
  await execa("npm", ["install", ...NPM, join(folder, tarball.filename)], { cwd: app });
  const files = tarball.files.map(({ path }) => path);
  return { app, files, bytes: tarball.size, home: join(folder, "home") };
}

/**
 * Puts a virtual environment where `esta setup` of the package makes it, one that sees the packages of the clone's:
 * pip then finds every requirement met, so the whole set-up runs but for downloading 2 GB once more.
 */
export async function lendPackages({ app, home }: Packed): Promise<void> {
  const module = join(app, "node_modules", "estakit", "scripts", "setup", "index.mjs");
  const code = `const s = await import(${JSON.stringify(module)}); console.log(s.venvFolder(s.ROOT));`;
  const { stdout: venv } = await execa("node", ["--input-type=module", "-e", code], {
    env: { ESTAKIT_HOME: home },
  });
  const python = pythonOf(venvFolder(ROOT));
  await execa(python, ["-m", "venv", venv]);
  const where = ["-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"];
  const [lender, borrower] = await Promise.all([execa(python, where), execa(pythonOf(venv), where)]);
  writeFileSync(join(borrower.stdout, "lent.pth"), `${lender.stdout}\n`);
}

/**
 * Installs the two kernels that tests/e2e/notebooks/package.json pins into `folder`, which sees estakit as it is
 * installed in the app, and describes them for Jupyter; gives what the environment must say to find them. They are no
 * development dependencies of the clone, for they are 180 MB that only this needs.
 *
 * @throws Error where npm cannot get them.
 */
export async function installKernels(folder: string, { app }: Packed): Promise<{ JUPYTER_PATH: string }> {
  cpSync(join(ROOT, "tests", "e2e", "notebooks", "package.json"), join(folder, "package.json"));
  await execa("npm", ["install", "--no-package-lock", ...NPM], { cwd: folder });
  symlinkSync(join(app, "node_modules", "estakit"), join(folder, "node_modules", "estakit"), "dir");
  const tslab = join(folder, "node_modules", "tslab", "bin", "tslab");
  const arguments_ = {
    tslab: [process.execPath, tslab, "kernel", "--config-path={connection_file}"],
    deno: [await denoOf(folder), "jupyter", "--kernel", "--conn", "{connection_file}"],
  };
  for (const [name, argv] of Object.entries(arguments_)) {
    const kernel = join(folder, "jupyter", "kernels", name);
    mkdirSync(kernel, { recursive: true });
    const description = { argv, display_name: name, language: "typescript" };
    writeFileSync(join(kernel, "kernel.json"), JSON.stringify(description));
  }
  return { JUPYTER_PATH: join(folder, "jupyter") };
}

/** Path of Deno's binary, which its npm package unpacks for this platform. */
export async function denoOf(folder: string): Promise<string> {
  const code = "console.log(require('deno/install_api.cjs').runInstall())";
  return (await execa("node", ["-e", code], { cwd: folder })).stdout;
}
