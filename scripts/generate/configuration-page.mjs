/** docs/reference/configuration.md, from the JSON Schema of the configuration. */
import { code, GENERATED, table, wrap } from "./markdown.mjs";

const INTRODUCTION =
  "Every key of a configuration, with what it may be, its default and its meaning. A configuration is YAML (JSON is " +
  "YAML) and begins with `version: 1`; a key that is not listed here is refused. `--set path=value` overrides any of " +
  "them on the command line, for example `--set training.steps=50`. Relative paths are resolved against the " +
  "file's folder. `esta schema` prints the same as JSON Schema, which editors read.";

/** `schema`: what `configJsonSchema()` gives. */
export function configurationPage(schema) {
  const sections = Object.entries(schema.properties)
    .filter(([, part]) => isComposite(part))
    .map(([name, part]) => section(name, part));
  return `${[
    GENERATED,
    "# Reference: configuration",
    wrap(INTRODUCTION),
    keyTable(rowsOf(schema, "", { deep: false })),
    ...sections,
  ].join("\n\n")}\n`;
}

const optionsOf = (schema) => schema.anyOf ?? schema.oneOf;
const isObject = (schema) => schema.type === "object" && schema.properties !== undefined;
/** A section, or a union of sections. */
const isComposite = (schema) => isObject(schema) || (optionsOf(schema) ?? []).some(isComposite);

function section(name, schema) {
  return [`## ${name}`, ...(schema.description ? [schema.description] : []), ...forms(name, schema, 3)].join(
    "\n\n",
  );
}

/** The forms that a value may have: one table where there is one, a heading each where there are several. */
function forms(path, schema, level) {
  if (isObject(schema)) return [keyTable(rowsOf(schema, "")), ...nested(path, schema, level)];
  const options = optionsOf(schema);
  const plain = options.filter((option) => !isComposite(option));
  return [
    ...(plain.length > 0 ? [plain.map((option) => `- ${sentence(option)}`).join("\n")] : []),
    ...options.filter(isComposite).flatMap((option) => {
      if (!isObject(option)) return forms(path, option, level);
      const [key, value] = discriminator(option) ?? [];
      const title =
        key === undefined
          ? `${path}: ${Object.keys(option.properties).join(", ")}`
          : `${path}.${key}: ${value}`;
      const described = option.properties[key]?.description ?? option.description;
      const heading = [`${"#".repeat(level)} ${title}`, ...(described ? [described] : [])];
      return [...heading, ...forms(path, option, Math.min(level + 1, 6))];
    }),
  ];
}

/** Unions of sections among an object's keys get headings of their own. */
function nested(path, schema, level) {
  return unionsIn(schema, path).flatMap(([at, union]) => [
    `${"#".repeat(level)} ${at}`,
    ...(union.description ? [union.description] : []),
    ...forms(at, union, Math.min(level + 1, 6)),
  ]);
}

function unionsIn(schema, path) {
  return Object.entries(schema.properties).flatMap(([key, part]) => {
    const at = `${path}.${key}`;
    if (isObject(part)) return unionsIn(part, at);
    return isComposite(part) ? [[at, part]] : [];
  });
}

/** The key whose only value tells this form from its siblings. */
function discriminator(schema) {
  return Object.entries(schema.properties)
    .map(([key, { const: value }]) => [key, value])
    .find(([, value]) => value !== undefined);
}

/** `[key, allowed, default, description]` of every key, sections inside it with their path. */
export function rowsOf(schema, prefix, { deep = true, inline = false } = {}) {
  return Object.entries(schema.properties).flatMap(([key, part]) => {
    const path = `${prefix}${key}`;
    if (deep && isObject(part)) return rowsOf(part, `${path}.`);
    const must = schema.required?.includes(key) && part.const === undefined ? "required" : "";
    const row = [
      code(path),
      inline ? allowedInline(part) : allowed(part),
      defaultOf(part) || must,
      part.description ?? "",
    ];
    if (part.type === "array" && isObject(part.items)) {
      return [row, ...rowsOf(part.items, `${path}[].`, { inline: true })];
    }
    return [row];
  });
}

const keyTable = (rows) => table(["key", "allowed", "default", "meaning"], rows);

function defaultOf(schema) {
  if (schema.default === undefined) return "";
  if (isComposite(schema)) return discriminatorOf(schema.default);
  return code(JSON.stringify(schema.default).replaceAll('"', "").replaceAll(",", ", "));
}

function discriminatorOf(value) {
  const name = value.name ?? value.type ?? value.rule;
  return name === undefined ? "" : `${code(name)} with its defaults`;
}

function sentence(schema) {
  const what = allowed(schema);
  return schema.description ? `${what}: ${schema.description}` : what;
}

/** What a value may be, in words. */
function allowed(schema) {
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(code).join(", ");
  if (isComposite(schema)) return isObject(schema) ? "section, see below" : "see below";
  const options = optionsOf(schema);
  if (options !== undefined) return [...new Set(options.map(allowed))].join(" or ");
  if (schema.type === "array")
    return `list of ${isObject(schema.items) ? "sections" : allowed(schema.items)}`;
  if (schema.type === "integer") return `integer${range(schema)}`;
  if (schema.type === "number") return `number${range(schema)}`;
  return { boolean: "true or false", string: "text", null: "`null`" }[schema.type] ?? "any value";
}

/** The same where no heading follows: a section is told by its keys. */
function allowedInline(schema) {
  const options = optionsOf(schema);
  if (options !== undefined) return [...new Set(options.map(allowedInline))].join(", or ");
  return isObject(schema)
    ? `a section with ${Object.keys(schema.properties).map(code).join(", ")}`
    : allowed(schema);
}

/** Largest size that any key may have (`LARGEST_SIZE` in ts/config/schema/fields.ts): no limit worth a mention. */
const NO_LIMIT = 2 ** 24;

function range({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }) {
  const parts = [
    minimum === undefined ? "" : `from ${minimum}`,
    exclusiveMinimum === undefined ? "" : `above ${exclusiveMinimum}`,
    maximum === undefined || maximum >= NO_LIMIT ? "" : `to ${maximum}`,
    exclusiveMaximum === undefined ? "" : `below ${exclusiveMaximum}`,
  ].filter((part) => part !== "");
  return parts.length === 0 ? "" : ` ${parts.join(" ")}`;
}
