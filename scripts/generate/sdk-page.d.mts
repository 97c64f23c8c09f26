import type { Declarations } from "./declarations.mjs";

export function sdkPage(declarations: Pick<Declarations, "checker" | "exports">): string;
