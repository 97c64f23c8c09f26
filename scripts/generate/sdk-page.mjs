/**
 * docs/reference/sdk.md: every export with its documentation and its declaration, as the compiler sees them. Types
 * that are inferred from a zod schema are written out, which a documentation tool would name by the schema only.
 */
import ts from "typescript";
import { documentation, sourceOf } from "./declarations.mjs";
import { code, GENERATED, slug, table, wrap } from "./markdown.mjs";

/** What a user is after, by the files that answer it. A file that no part names comes under the last. */
const PARTS = [
  ["Configuration and data", /^(config\/|sdk\/(write-config|starter-config|inspect|families-for-task))/],
  ["Planning", /^(planning\/|sdk\/(make-family-plan|estimate-run|read-plan|plan-chart|probe))/],
  [
    "Running",
    /^(engine\/events|engine\/job|sdk\/(adapt|resume|engine-job|evaluate|progress|run-progress|watch-run|export))/,
  ],
  [
    "Reading a run",
    /^(engine\/run-files|sdk\/(open-run|measured|explain|select-from-run|tables|report|compare))/,
  ],
  ["Asking the networks", /^(engine\/chat|sdk\/(predict|chat))/],
  ["Analysis and display", /^analysis\//],
  ["Machine and errors", /./],
];
/** Levels of a written-out type that are shown; what lies deeper is in the editor. */
const DEEPEST = 3;
const ELSEWHERE = {
  Config: "The configuration, checked, with every default filled in: [its keys](configuration.md).",
  ConfigInput: "What a user may write, everything with a default left out: [its keys](configuration.md).",
};

/** `declarations`: what `readDeclarations()` gives. */
export function sdkPage({ checker, exports }) {
  const parts = PARTS.map(([title]) => ({ title, entries: [] }));
  for (const [name, symbol] of exports) {
    const source = sourceOf(symbol.declarations[0]);
    const at = PARTS.findIndex(([, files]) => files.test(source));
    parts[at].entries.push({ name, symbol });
  }
  const index = parts.map(({ title, entries }) => [
    `[${title}](#${slug(title)})`,
    entries.map(({ name }) => `[${code(name)}](#${slug(name)})`).join(", "),
  ]);
  const sections = parts.flatMap(({ title, entries }) => [
    `## ${title}`,
    ...entries.sort(byKindThenOrder).map(({ name, symbol }) => section(checker, name, symbol)),
  ]);
  return `${[
    GENERATED,
    "# Reference: SDK",
    wrap(
      'What `import { ... } from "estakit"` gives. The SDK never prints and never exits; expected failures are an ' +
        "`EstaError` that says what was got, what is allowed and what to do. Examples: a script and two notebooks " +
        "in [examples](../../examples).",
    ),
    table(["part", "exports"], index),
    ...sections,
  ].join("\n\n")}\n`;
}

const isValue = ({ symbol }) => (symbol.flags & ts.SymbolFlags.Value) !== 0;
const byKindThenOrder = (a, b) => Number(isValue(b)) - Number(isValue(a));

function section(checker, name, symbol) {
  const { text, tags } = documentation(checker, symbol);
  const throws = tags.filter(({ name: tag }) => tag === "throws").map(({ text: what }) => `Throws ${what}`);
  const described = [text.replaceAll(/\s*\n\s*/g, " "), ...throws].filter((part) => part !== "");
  return [`### ${name}`, ...described.map((part) => wrap(part)), declaration(checker, name, symbol)].join(
    "\n\n",
  );
}

function declaration(checker, name, symbol) {
  if (name in ELSEWHERE) return ELSEWHERE[name];
  const texts = symbol.declarations.map((node) => declarationText(checker, node));
  const text = texts.join("\n");
  return `\`\`\`ts\n${text}\n\`\`\``;
}

function declarationText(checker, node) {
  if (ts.isTypeAliasDeclaration(node) && isInferred(node)) return inferredText(checker, node);
  const whole = ts.isVariableDeclaration(node) ? node.parent.parent : node;
  return whole
    .getText()
    .replace(/^export (default )?/, "")
    .replace(/^declare /, "")
    .replaceAll(/^ *(#private;|private [^\n]*;)\n/gm, "")
    .replaceAll("    ", "  ");
}

/** `z.infer<typeof schema>`, also inside something else. */
const isInferred = (node) => /\bz\.(infer|input|output)</.test(node.type.getText());

function inferredText(checker, node) {
  const type = checker.getTypeFromTypeNode(node.type);
  const flags =
    ts.NodeBuilderFlags.NoTruncation |
    ts.NodeBuilderFlags.MultilineObjectLiterals |
    ts.NodeBuilderFlags.InTypeAlias |
    ts.NodeBuilderFlags.UseAliasDefinedOutsideCurrentScope;
  const written = checker.typeToTypeNode(type, undefined, flags);
  const printer = ts.createPrinter({ removeComments: true });
  const text = printer.printNode(ts.EmitHint.Unspecified, written, node.getSourceFile());
  return collapse(`type ${node.name.text} = ${text};`.replaceAll("    ", "  "));
}

/** Leaves an ellipsis of what is nested deeper than `DEEPEST`. */
function collapse(text) {
  const indent = "  ".repeat(DEEPEST);
  const lines = text.split("\n");
  const isDeep = (line) => line.startsWith(indent);
  return lines
    .map((line, i) => (isDeep(line) ? (isDeep(lines[i - 1] ?? "") ? null : `${indent}// ...`) : line))
    .filter((line) => line !== null)
    .join("\n");
}
