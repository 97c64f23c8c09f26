export function configurationPage(schema: unknown): string;
/** `[key, allowed, default, description]` of every key. */
export function rowsOf(schema: unknown, prefix: string): [string, string, string, string][];
