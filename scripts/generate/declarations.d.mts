import type ts from "typescript";

export interface Declarations {
  checker: ts.TypeChecker;
  entry: ts.SourceFile;
  exports: Map<string, ts.Symbol>;
}
export function readDeclarations(replaced?: Record<string, string>): Declarations;
export function target(checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol;
export function sourceOf(declaration: ts.Declaration): string | undefined;
export function documentation(
  checker: ts.TypeChecker,
  symbol: ts.Symbol,
): { text: string; tags: { name: string; text: string }[] };
