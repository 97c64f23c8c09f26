/** Checks of the source tree of ts/: direction of imports, cycles, who prints, what is imported at start. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import ts from "typescript";

/** Files of a tree: path relative to ts/ (e.g. sdk/adapt.ts) -> source. */
export type Sources = Record<string, string>;

/** Rank of each part; an import may go to the same or a lower rank. */
const RANKS: Record<string, number> = {
  errors: 0,
  config: 1,
  planning: 2,
  analysis: 2,
  engine: 2,
  sdk: 3,
  index: 4,
  cli: 4,
};
/** The set-up outside ts/, plain JavaScript that must run before anything is built. */
const SETUP = "../scripts/setup/index.mjs";
const MAY_IMPORT_SETUP = new Set(["engine", "sdk"]);
/** Take long to load, or act when loaded (pythonia starts Python): only through `await import(...)`. */
const LAZY_PACKAGES = ["pythonia", "vega", "vega-lite", "@resvg/resvg-js", "@clack/prompts"];
/** Packages that one file alone imports, so that their faults are handled in one place. */
const SOLE_IMPORTERS: Record<string, string> = { pythonia: "engine/query.ts" };
const PRINTING = new Set(["console", "process.stdout", "process.stderr", "process.exit", "process.exitCode"]);

export function readSources(folder: string): Sources {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  return Object.fromEntries(
    files.map((file) => [file.replaceAll("\\", "/"), readFileSync(join(folder, file), "utf8")]),
  );
}

/** Everything that is wrong with the tree, one line each; [] where nothing is. */
export function findViolations(sources: Sources): string[] {
  const imports = Object.fromEntries(
    Object.entries(sources).map(([file, text]) => [file, importsOf(file, text)]),
  );
  return [
    ...Object.entries(imports).flatMap(([file, found]) =>
      found.flatMap((one) => importFault(file, one, sources)),
    ),
    ...Object.entries(sources).flatMap(([file, text]) => printingFaults(file, text)),
    ...cycles(imports),
  ];
}

interface Import {
  /** A path relative to ts/ for the tree's own files, else the package's name. */
  target: string;
  local: boolean;
  kind: "static" | "type" | "dynamic";
}

function importsOf(file: string, text: string): Import[] {
  const found: Import[] = [];
  const add = (specifier: ts.Node | undefined, kind: Import["kind"]) => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    const local = specifier.text.startsWith(".");
    const target = local
      ? posix.join(dirname(file), specifier.text).replace(/\.js$/, ".ts")
      : specifier.text
          .split("/")
          .slice(0, specifier.text.startsWith("@") ? 2 : 1)
          .join("/");
    found.push({ target, local, kind });
  };
  walk(parse(file, text), (node) => {
    if (ts.isImportDeclaration(node))
      add(node.moduleSpecifier, node.importClause?.isTypeOnly ? "type" : "static");
    if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly ? "type" : "static");
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], "dynamic");
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, "type");
  });
  return found;
}

function importFault(file: string, { target, local, kind }: Import, sources: Sources): string[] {
  const from = partOf(file);
  if (!local) {
    const sole = SOLE_IMPORTERS[target];
    if (sole !== undefined && file !== sole) return [`${file} imports ${target}, which only ${sole} may`];
    if (kind === "static" && LAZY_PACKAGES.includes(target)) return [`${file} imports ${target} at start`];
    return [];
  }
  if (target === SETUP) return MAY_IMPORT_SETUP.has(from) ? [] : [`${file} imports the set-up`];
  if (target.startsWith("..")) return [`${file} imports ${target}, outside ts/`];
  if (!(target in sources)) return [`${file} imports ${target}, which is not there`];
  const [own, other] = [RANKS[from], RANKS[partOf(target)]];
  if (own === undefined) return [`${file} lies in no known part of ts/`];
  const sideways = own === 4 && from !== partOf(target);
  return other !== undefined && other <= own && !(sideways && other === 4)
    ? []
    : [`${file} imports ${target}: ${from} must not know ${partOf(target)}`];
}

const partOf = (file: string) => (file.split("/")[0] ?? file).replace(/\.ts$/, "");

/** Uses of console, of the standard streams and of exit codes outside cli/. */
function printingFaults(file: string, text: string): string[] {
  if (partOf(file) === "cli") return [];
  const faults: string[] = [];
  walk(parse(file, text), (node) => {
    const isAccess = ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression);
    const name = isAccess ? `${node.expression.getText()}.${node.name.text}` : "";
    if (PRINTING.has(name) || name.startsWith("console.")) faults.push(`${file} uses ${name}`);
    // Other ways to the same things: destructuring, and the modules of these names.
    if (ts.isVariableDeclaration(node) && ts.isObjectBindingPattern(node.name)) {
      const source = node.initializer?.getText();
      if (source === "process" || source === "console") faults.push(`${file} takes ${source} apart`);
    }
  });
  const modules = importsOf(file, text).filter(({ target }) => /^(node:)?(process|console)$/.test(target));
  return [...faults, ...modules.map(({ target }) => `${file} imports ${target}`)];
}

/** One line for each cycle of imports that are loaded (types vanish, dynamic imports wait). */
function cycles(imports: Record<string, Import[]>): string[] {
  const state = new Map<string, "open" | "done">();
  const found: string[] = [];
  const visit = (file: string, path: string[]) => {
    if (state.get(file) === "done") return;
    if (state.get(file) === "open") {
      found.push(`cycle: ${[...path.slice(path.indexOf(file)), file].join(" -> ")}`);
      return;
    }
    state.set(file, "open");
    const next = imports[file]?.filter(({ local, kind }) => local && kind === "static") ?? [];
    for (const { target } of next) visit(target, [...path, file]);
    state.set(file, "done");
  };
  for (const file of Object.keys(imports)) visit(file, []);
  return found;
}

const parse = (file: string, text: string) => ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);

function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}
