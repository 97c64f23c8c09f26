/** The SDK's public surface is strict and named, and its page in the reference is what the sources say. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Declarations, readDeclarations } from "../../../scripts/generate/declarations.mjs";
import { sdkPage } from "../../../scripts/generate/sdk-page.mjs";
import { findFaults } from "./surface/rules.js";

describe("the surface of the SDK", () => {
  let declarations: Declarations;
  let page: string;

  it("has no any, names every type that it uses, and documents every function", () => {
    declarations = readDeclarations();
    // Before anything else is asked: the compiler writes unions in the order in which it met their parts.
    page = sdkPage(declarations);
    expect(declarations.exports.size).toBeGreaterThan(80);
    expect(findFaults(declarations)).toEqual([]);
  });

  it("stands in docs/reference/sdk.md (else: npm run generate)", () => {
    const file = new URL("../../../docs/reference/sdk.md", import.meta.url);
    expect(readFileSync(file, "utf8")).toBe(page);
  });
});

describe("the checker", () => {
  it("finds what is loose, hidden and undocumented", () => {
    const text = `
      import { z } from "zod";
      const loose = z.object({ inner: z.array(z.object({ value: z.any() })) });
      export type Inferred = z.infer<typeof loose>;
      interface Hidden { a: number }
      export interface Shown { hidden: Hidden; fine: string; loose(x: any): void }
      export function bare(x: Shown): Shown { return x; }
      /** Documented. */
      export class Kept { #secret: any; private other: any; constructor(readonly seen: Shown) {} }
    `;
    const faults = findFaults(readDeclarations({ "ts/index.ts": text }));
    expect(faults.sort()).toEqual([
      "Inferred.inner[].value is any",
      "Shown.hidden refers to Hidden of index.ts, which is not exported",
      "Shown.loose.x is any",
      "bare has no documentation",
    ]);
  });
});
