/** Finds the part of the configuration schema that a path of the user's data falls under, for messages. */
import { z } from "zod";

type Path = readonly PropertyKey[];

/** The schema behind defaults, optionals and refinements. */
function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  const definition = schema._zod.def as { innerType?: z.core.$ZodType };
  return definition.innerType === undefined ? schema : unwrap(definition.innerType);
}

/** The member of a union that the data was meant for: by its discriminator, else by the kind of value. */
function chooseOption(union: z.core.$ZodUnion, data: unknown): z.core.$ZodType | undefined {
  const discriminator = (union._zod.def as { discriminator?: string }).discriminator;
  const options = union._zod.def.options.map(unwrap);
  if (discriminator !== undefined) {
    const value = isRecord(data) ? data[discriminator] : undefined;
    return options.find((option) => option._zod.propValues?.[discriminator]?.has(value as never));
  }
  return options.find((option) => accepts(option, data));
}

function accepts(schema: z.core.$ZodType, data: unknown): boolean {
  if (schema instanceof z.core.$ZodObject) return isRecord(data);
  if (schema instanceof z.core.$ZodArray) return Array.isArray(data);
  if (schema instanceof z.core.$ZodUnion) return chooseOption(schema, data) !== undefined || isRecord(data);
  return !isRecord(data) && !Array.isArray(data) && z.safeParse(schema, data).success;
}

export function isRecord(data: unknown): data is Record<string, unknown> {
  return typeof data === "object" && data !== null && !Array.isArray(data);
}

/** The schema at `path` under `schema`, given the data that stands there; undefined where there is none. */
export function schemaAt(schema: z.core.$ZodType, data: unknown, path: Path): z.core.$ZodType | undefined {
  const plain = unwrap(schema);
  if (plain instanceof z.core.$ZodUnion) {
    const option = chooseOption(plain, data);
    if (option !== undefined) return schemaAt(option, data, path);
    return path.length === 0 ? plain : discriminatorSchema(plain, path);
  }
  const [key, ...rest] = path;
  if (key === undefined) return plain;
  if (plain instanceof z.core.$ZodObject) {
    const field = plain._zod.def.shape[key as string];
    return field && schemaAt(field, isRecord(data) ? data[key as string] : undefined, rest);
  }
  if (plain instanceof z.core.$ZodArray) {
    return schemaAt(plain._zod.def.element, Array.isArray(data) ? data[key as number] : undefined, rest);
  }
  if (plain instanceof z.core.$ZodRecord) {
    return schemaAt(plain._zod.def.valueType, isRecord(data) ? data[String(key)] : undefined, rest);
  }
  return undefined;
}

function discriminatorSchema(union: z.core.$ZodUnion, path: Path): z.core.$ZodType | undefined {
  const values = discriminatorValues(union);
  return path.length === 1 && values.length > 0 ? z.enum(values as [string]) : undefined;
}

function discriminatorValues(union: z.core.$ZodUnion): string[] {
  const discriminator = (union._zod.def as { discriminator?: string }).discriminator;
  if (discriminator === undefined) return [];
  return union._zod.def.options.flatMap((option) =>
    [...(unwrap(option)._zod.propValues?.[discriminator] ?? [])].map(String),
  );
}

/** The keys that an object at this schema may have. */
export function allowedKeys(schema: z.core.$ZodType | undefined): string[] {
  return schema instanceof z.core.$ZodObject ? Object.keys(schema._zod.def.shape) : [];
}

interface JsonSchema {
  type?: string;
  const?: unknown;
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  minLength?: number;
  minItems?: number;
}

/** What is allowed at this schema, in words. */
export function describeAllowed(schema: z.core.$ZodType | undefined): string | undefined {
  if (schema === undefined) return undefined;
  return describe(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema);
}

function describe(schema: JsonSchema): string {
  if (schema.const !== undefined) return String(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(String).join(", ");
  const options = schema.anyOf ?? schema.oneOf;
  if (options !== undefined) return [...new Set(options.map(describe))].join(", or ");
  if (schema.type === "integer") return `an integer${range(schema)}`;
  if (schema.type === "number") return `a number${range(schema)}`;
  if (schema.type === "boolean") return "true or false";
  if (schema.type === "array") return `a list, each ${describe(schema.items ?? {})}`;
  if (schema.type === "object") return `a section with ${Object.keys(schema.properties ?? {}).join(", ")}`;
  if (schema.type === "null") return "null";
  return schema.type === "string" ? "a text" : "any value";
}

function range(schema: JsonSchema): string {
  const parts: string[] = [];
  if (schema.minimum !== undefined) parts.push(`from ${schema.minimum}`);
  if (schema.exclusiveMinimum !== undefined) parts.push(`above ${schema.exclusiveMinimum}`);
  if (schema.maximum !== undefined && schema.maximum < Number.MAX_SAFE_INTEGER) {
    parts.push(`to ${schema.maximum}`);
  }
  if (schema.exclusiveMaximum !== undefined) parts.push(`below ${schema.exclusiveMaximum}`);
  return parts.length === 0 ? "" : ` ${parts.join(" ")}`;
}
