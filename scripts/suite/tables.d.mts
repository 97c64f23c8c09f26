import type { ComparisonJson } from "../../ts/analysis/comparison/json.js";

type Results = Readonly<Record<string, ComparisonJson>>;

export function writeTables(root?: string): string[];
export function staleTables(root?: string): string[];
export function readResults(root?: string): Results;
export function summaryTable(results: Results): string;
export function detailTables(results: Results): string;
