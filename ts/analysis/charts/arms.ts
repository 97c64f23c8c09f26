/** How arms of a comparison look: colour, dash and shape by position, so that they differ without colour too. */
import type { TextStyle } from "../terminal.js";
import type { Theme } from "./theme.js";
import type { VegaLiteSpec } from "./vega.js";

const SHAPES = ["circle", "diamond", "triangle-up", "square", "triangle-down", "cross"];
const DASHES = [
  [1, 0],
  [7, 4],
  [2, 3],
  [9, 3, 2, 3],
];
const TEXT_STYLES: readonly TextStyle[] = [
  ...(["frontier", "anchor", "series-0", "series-1", "series-2"] as const),
  ...(["series-3", "series-4", "series-5", "series-6", "series-7"] as const),
];

export interface ArmLook {
  readonly colour: string;
  readonly shape: string;
  readonly dash: readonly number[];
}

export function armLooks(count: number, theme: Theme): ArmLook[] {
  const colours = [theme.frontier, theme.anchor, ...theme.series];
  return Array.from({ length: count }, (_, i) => ({
    colour: colours[i % colours.length] as string,
    shape: SHAPES[i % SHAPES.length] as string,
    // Each round of the colours has a dash of its own.
    dash: DASHES[(i + Math.floor(i / colours.length)) % DASHES.length] as number[],
  }));
}

/** Scale of one property over the arms' names. */
export function armScale(names: readonly string[], theme: Theme, key: keyof ArmLook): VegaLiteSpec {
  return { domain: names, range: armLooks(names.length, theme).map((look) => look[key]) };
}

export function armTextStyle(i: number): TextStyle {
  return TEXT_STYLES[i % TEXT_STYLES.length] as TextStyle;
}
