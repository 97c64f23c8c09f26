/** Turns what zod and the YAML reader object to into problems that name the place, the value and the remedy. */
import leven from "leven";
import type { z } from "zod";
import { EstaError } from "../errors.js";
import { allowedKeys, describeAllowed, isRecord, schemaAt } from "./schema-walk.js";

export interface Problem {
  /** Where in the configuration, e.g. `training.batch_size`. */
  path: string;
  message: string;
  /** Where in the text: `esta.yaml:12:3`, or the flag that set the value. */
  place: string;
}

/** What a finding is about: a path of keys, and whether the key itself or its value is wrong. */
export interface Finding {
  path: readonly PropertyKey[];
  message: string;
  at: "key" | "value";
}

type Issue = z.core.$ZodIssue;

/** All findings about `data`, in the order of the schema; a misspelt key is not also reported as missing. */
export function findProblems(schema: z.core.$ZodType, data: unknown, issues: readonly Issue[]): Finding[] {
  const findings = issues.flatMap((issue) => explain(schema, data, issue, []));
  const suggested = new Set(findings.flatMap((finding) => finding.suggestion ?? []));
  return findings
    .filter((finding) => !(finding.missing && suggested.has(pathText(finding.path))))
    .map(({ path, message, at }) => ({ path, message, at }));
}

interface DraftFinding extends Finding {
  missing?: boolean;
  /** Path of the key that a misspelt one was meant to be. */
  suggestion?: string;
}

function explain(root: z.core.$ZodType, data: unknown, issue: Issue, prefix: PropertyKey[]): DraftFinding[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => unknownKey(root, data, path, key));
  }
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const branch = [...issue.errors].sort((a, b) => depth(b) - depth(a))[0] ?? [];
    if (depth(branch) > 0) return branch.flatMap((inner) => explain(root, data, inner, path));
  }
  const got = valueAt(data, path);
  const allowed = describeAllowed(schemaAt(root, data, path));
  if (got === undefined && hasCode(issue, "invalid_type", "invalid_union", "invalid_value")) {
    return [{ path, at: "value", missing: true, message: `missing; allowed: ${allowed ?? issue.message}` }];
  }
  const hand = issue.code === "custom" || issue.code === "invalid_format" || hasOwnMessage(issue);
  const rule =
    hand || allowed === undefined ? issue.message : `allowed: ${allowed}${suggestValue(got, allowed)}`;
  return [{ path, at: "value", message: `got ${show(got)}; ${rule}` }];
}

/** Whether the schema words what it refuses: zod's own message for a list of values begins with "Invalid". */
const hasOwnMessage = (issue: Issue) =>
  issue.code === "invalid_value" && !issue.message.startsWith("Invalid");

const hasCode = (issue: Issue, ...codes: string[]) => codes.includes(issue.code);

/** How far into the data a union's branch came before it failed: the branch that was meant goes deepest. */
function depth(branch: readonly Issue[]): number {
  return Math.max(
    0,
    ...branch.map((issue) => issue.path.length + (issue.code === "unrecognized_keys" ? 1 : 0)),
  );
}

function unknownKey(root: z.core.$ZodType, data: unknown, path: PropertyKey[], key: string): DraftFinding {
  const keys = allowedKeys(schemaAt(root, data, path));
  const meant = closest(key, keys);
  const finding: DraftFinding = {
    path: [...path, key],
    at: "key",
    message: `unknown key${meant ? `; did you mean "${meant}"?` : ""}${keys.length > 0 ? `; allowed: ${keys.join(", ")}` : ""}`,
  };
  return meant ? { ...finding, suggestion: pathText([...path, meant]) } : finding;
}

function suggestValue(got: unknown, allowed: string): string {
  const meant = typeof got === "string" ? closest(got, allowed.split(", ")) : undefined;
  return meant ? ` (did you mean ${meant}?)` : "";
}

/** The candidate that a misspelt word was probably meant to be. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  const near = candidates
    .map((candidate) => ({ candidate, distance: leven(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  if (near === undefined) return undefined;
  const prefix = word.length >= 3 && near.candidate.startsWith(word);
  return prefix || near.distance <= Math.max(word.length < 4 ? 1 : 2, Math.floor(word.length / 3))
    ? near.candidate
    : undefined;
}

export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) =>
      typeof key === "number" ? `${text}[${key}]` : text === "" ? String(key) : `${text}.${String(key)}`,
    "",
  );
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      isRecord(value) ? value[String(key)] : Array.isArray(value) ? value[key as number] : undefined,
    data,
  );
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** One error for all problems of a configuration. */
export function configurationError(source: string, problems: readonly Problem[]): EstaError {
  const lines = problems.map(
    ({ place, path, message }) => `  ${place}: ${path ? `${path}: ` : ""}${message}`,
  );
  const number = problems.length === 1 ? "a mistake" : `${problems.length} mistakes`;
  return new EstaError("configuration", `${number} in ${source}:\n${lines.join("\n")}`, {
    hint: "`esta schema` prints what a configuration may hold.",
    details: { problems },
  });
}
