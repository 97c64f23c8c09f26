/**
 * The SDK as its users see it: ts/index.ts compiled to declarations in memory, and what it exports. The reference
 * page is written from it, and a test checks it.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/[\\/]$/, "");
/** Where the declarations would lie: beside ts/ and dist/, in memory only. */
const OUT = join(ROOT, ".declarations");

/**
 * `{checker, entry, exports}`: the entry's source file and its exported symbols by name, aliases followed.
 * `replaced` puts other texts in the place of source files, for tests: {path relative to the root: text}.
 */
export function readDeclarations(replaced = {}) {
  const emitted = emitDeclarations(replaced);
  const options = { ...emitted.options, noEmit: true, rootDir: undefined };
  const host = hostWith(options, emitted.files);
  const program = ts.createProgram([join(OUT, "index.d.ts")], options, host);
  const checker = program.getTypeChecker();
  const entry = program.getSourceFile(join(OUT, "index.d.ts"));
  const exports = new Map();
  for (const symbol of checker.getExportsOfModule(checker.getSymbolAtLocation(entry))) {
    exports.set(symbol.name, target(checker, symbol));
  }
  return { checker, entry, exports };
}

export function target(checker, symbol) {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** Path of a declaration's source relative to ts/, such as sdk/adapt.ts; undefined where it is not ours. */
export function sourceOf(declaration) {
  const file = declaration.getSourceFile().fileName.replaceAll("\\", "/");
  const ours = `${OUT.replaceAll("\\", "/")}/`;
  return file.startsWith(ours) ? file.slice(ours.length).replace(/\.d\.ts$/, ".ts") : undefined;
}

/** Documentation comment of a symbol, tags included, as lines without the comment's frame. */
export function documentation(checker, symbol) {
  const text = ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim();
  const tags = symbol.getJsDocTags(checker).map(({ name, text: parts }) => ({
    name,
    text: ts.displayPartsToString(parts).trim(),
  }));
  return { text, tags };
}

function emitDeclarations(replaced) {
  const path = join(ROOT, "tsconfig.build.json");
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(path, ts.sys.readFile).config,
    ts.sys,
    ROOT,
  );
  const quiet = { ...options, sourceMap: false, declarationMap: false, noEmit: false, outDir: OUT };
  const texts = new Map(Object.entries(replaced).map(([file, text]) => [join(ROOT, file), text]));
  const program = ts.createProgram([join(ROOT, "ts", "index.ts")], quiet, hostWith(quiet, texts));
  const files = new Map();
  const write = (file, text) => files.set(file, text);
  program.emit(undefined, write, undefined, true);
  return { options: quiet, files };
}

/** Reads `files` before the disk. */
function hostWith(options, files) {
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile, directoryExists } = host;
  const folders = new Set([...files.keys()].map((file) => dirname(file)));
  host.directoryExists = (folder) => folders.has(folder) || directoryExists(folder);
  host.fileExists = (file) => files.has(file) || fileExists(file);
  host.readFile = (file) => files.get(file) ?? readFile(file);
  host.getSourceFile = (file, version, ...rest) => {
    const text = files.get(file);
    return text === undefined
      ? getSourceFile(file, version, ...rest)
      : ts.createSourceFile(file, text, version, true);
  };
  return host;
}
