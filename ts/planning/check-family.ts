/** What a schema cannot say of one family: sizes that must divide each other, names that must differ. */
import type { InlineFamily } from "../config/schema/family.js";
import type { Problems } from "./problems.js";

/** Adds a problem for each mistake; `at` is where the family stands in the configuration. */
export function checkFamily(family: InlineFamily, problems: Problems, at = "family"): void {
  if ("patch_size" in family) checkImage(family, problems, at);
  if ("sequence_length" in family && family.sequence_length !== undefined) {
    checkPositions(family.sequence_length, family.max_positions, problems, at);
  }
  const names = new Map<string, number>();
  family.anchors.forEach((anchor, index) => {
    const path = `${at}.anchors[${index}]`;
    const first = names.get(anchor.name);
    if (first !== undefined) {
      problems.add(
        `${path}.name`,
        `got ${anchor.name}, the name of anchors[${first}] too; names must differ`,
      );
    }
    names.set(anchor.name, first ?? index);
    const { width, heads } = anchor;
    const { head_dim: headDim = undefined, kv_heads: kvHeads = undefined } =
      family.kind === "llama" ? (family.anchors[index] ?? {}) : {};
    if (headDim === undefined && width % heads !== 0) {
      problems.add(`${path}.heads`, `got ${heads}; allowed: a divisor of the width, ${width}`);
    }
    if (kvHeads !== undefined && heads % kvHeads !== 0) {
      problems.add(`${path}.kv_heads`, `got ${kvHeads}; allowed: a divisor of the number of heads, ${heads}`);
    }
  });
}

type ImageFamily = Extract<InlineFamily, { patch_size: number }>;

function checkImage(family: ImageFamily, problems: Problems, at: string): void {
  if (family.image_size % family.patch_size !== 0) {
    problems.add(
      `${at}.patch_size`,
      `got ${family.patch_size}; allowed: a divisor of image_size, ${family.image_size}`,
    );
  }
}

function checkPositions(length: number, positions: number, problems: Problems, at: string): void {
  if (length > positions) {
    problems.add(`${at}.sequence_length`, `got ${length}; allowed: at most max_positions, ${positions}`);
  }
}
