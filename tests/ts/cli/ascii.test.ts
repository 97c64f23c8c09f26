/** What a locale without Unicode is shown: every sign of our charts, tables and drawings, in ASCII. */
import { expect, test } from "vitest";
import { scatterText, type TextStyle } from "../../../ts/analysis/terminal.js";
import { toAscii } from "../../../ts/cli/ui/ascii.js";

const STYLES: readonly TextStyle[] = [
  ...(["dominated", "infeasible", "frontier", "anchor", "line"] as const),
  ...(["series-0", "series-1", "series-2", "series-3", "series-4", "series-5"] as const),
  ...(["series-6", "series-7"] as const),
];

test("a chart of every style is ASCII, as wide as it was, and its series keep apart", () => {
  const series = STYLES.map((style, index) => ({
    label: style,
    style,
    points: [[index, index] as const, [index, index + 1] as const],
  }));
  const axis = { label: "cost", format: "number", better: "less" } as const;
  const chart = scatterText(series, { width: 90, height: 20, color: false, x: axis, y: axis });
  const ascii = toAscii(chart);
  expect(ascii).toMatch(/^\p{ASCII}*$/u);
  expect(ascii.split("\n").map((line) => line.length)).toEqual(chart.split("\n").map((line) => line.length));
  const glyphs = STYLES.filter((style) => style !== "dominated" && style !== "line").map(
    (style) => new RegExp(`(\\S) ${style}`).exec(ascii)?.[1],
  );
  expect(new Set(glyphs).size).toBe(glyphs.length);
});

test("what is not ours stays: names of classes in any script", () => {
  expect(toAscii("straße 猫 → ●")).toBe("straße 猫 > @");
});
