export const TASKS: Readonly<
  Record<string, { data: readonly string[]; files: Readonly<Record<string, string | readonly string[]>> }>
>;
export const DEFAULT_DATA: string;
export function missingData(
  tasks: readonly string[],
  folder: string,
  debian?: string,
): { name: string; needs: string; command: string[] }[];
export function dataFlags(task: string, folder: string): string[];
