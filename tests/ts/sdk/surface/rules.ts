/** Checks of the SDK's public surface, on its declarations: no `any`, nothing unnamed, every function documented. */
import ts from "typescript";
import {
  type Declarations,
  documentation,
  sourceOf,
  target,
} from "../../../../scripts/generate/declarations.mjs";

/** Everything that is wrong, one line each; [] where nothing is. */
export function findFaults({ checker, exports }: Declarations): string[] {
  const exported = new Set(exports.values());
  return [...exports].flatMap(([name, symbol]) => [
    ...(symbol.declarations ?? []).flatMap((node) => [...nodeFaults(node, name, checker, exported)]),
    ...documentationFaults(name, symbol, checker),
  ]);
}

function* nodeFaults(
  node: ts.Node,
  path: string,
  checker: ts.TypeChecker,
  exported: ReadonlySet<ts.Symbol>,
): Generator<string> {
  if (isPrivate(node)) return;
  if (node.kind === ts.SyntaxKind.AnyKeyword) yield `${path} is any`;
  if (ts.isTypeReferenceNode(node)) {
    yield* referenceFaults(checker.getSymbolAtLocation(node.typeName), path, checker, exported);
    // What a schema gives has no text to read: its type is walked instead.
    if (/^z\./.test(node.typeName.getText())) {
      yield* typeFaults(checker.getTypeFromTypeNode(node), path, checker, new Set());
      return;
    }
  }
  const named = ts.isClassElement(node) || ts.isTypeElement(node) || ts.isParameter(node);
  const below = named && node.name !== undefined ? `${path}.${node.name.getText()}` : path;
  for (const child of node.getChildren()) yield* nodeFaults(child, below, checker, exported);
}

function isPrivate(node: ts.Node): boolean {
  const isMember = ts.isClassElement(node);
  return (
    isMember &&
    ((node.name !== undefined && ts.isPrivateIdentifier(node.name)) ||
      (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Private) !== 0)
  );
}

function* referenceFaults(
  symbol: ts.Symbol | undefined,
  path: string,
  checker: ts.TypeChecker,
  exported: ReadonlySet<ts.Symbol>,
): Generator<string> {
  if (symbol === undefined) return;
  const found = target(checker, symbol);
  const declaration = found.declarations?.[0];
  if (declaration === undefined || ts.isTypeParameterDeclaration(declaration)) return;
  const source = sourceOf(declaration);
  if (source !== undefined && !exported.has(found)) {
    yield `${path} refers to ${found.name} of ${source}, which is not exported`;
  }
}

function* typeFaults(
  type: ts.Type,
  path: string,
  checker: ts.TypeChecker,
  seen: Set<ts.Type>,
): Generator<string> {
  if (type.flags & ts.TypeFlags.Any) yield `${path} is any`;
  if (seen.has(type)) return;
  seen.add(type);
  if (type.isUnionOrIntersection()) {
    for (const one of type.types) yield* typeFaults(one, path, checker, seen);
  } else if (checker.isArrayType(type) || checker.isTupleType(type)) {
    for (const one of checker.getTypeArguments(type as ts.TypeReference)) {
      yield* typeFaults(one, `${path}[]`, checker, seen);
    }
  } else if (type.flags & ts.TypeFlags.Object) {
    const index = checker.getIndexInfosOfType(type);
    for (const { type: value } of index) yield* typeFaults(value, `${path}[key]`, checker, seen);
    for (const property of checker.getPropertiesOfType(type)) {
      yield* typeFaults(checker.getTypeOfSymbol(property), `${path}.${property.name}`, checker, seen);
    }
  }
}

/** Types may speak for themselves; what is called may not. */
function documentationFaults(name: string, symbol: ts.Symbol, checker: ts.TypeChecker): string[] {
  const isValue = (symbol.flags & (ts.SymbolFlags.Function | ts.SymbolFlags.Class)) !== 0;
  return isValue && documentation(checker, symbol).text === "" ? [`${name} has no documentation`] : [];
}
