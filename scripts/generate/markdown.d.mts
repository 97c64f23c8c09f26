export const GENERATED: string;
export function cell(text: unknown): string;
export function table(headers: string[], rows: string[][]): string;
export function slug(heading: string): string;
export function code(text: unknown): string;
export function wrap(text: string, width?: number): string;
