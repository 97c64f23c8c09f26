import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BrailleCanvas } from "../../../ts/analysis/braille.js";
import { fieldOf } from "../../../ts/analysis/fields.js";
import {
  barsText,
  type ScatterOptions,
  scatterText,
  type TextSeries,
} from "../../../ts/analysis/terminal.js";
import { roundTicks } from "../../../ts/analysis/ticks.js";

const options = (width: number, height = 12): ScatterOptions => {
  return { width, height, color: false, x: fieldOf("macs"), y: fieldOf("accuracy") };
};
const columns = (text: string) => text.split("\n").map((line) => [...line].length);
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const ESCAPE = "\u001b";

describe("BrailleCanvas", () => {
  it("sets exactly the dot that is asked for", () => {
    const text = (x: number, y: number) => {
      const canvas = new BrailleCanvas(2, 2);
      canvas.dot(x, y, "any");
      return canvas.cells().map((row) => row.map((cell) => cell.text).join(""));
    };
    expect(text(0, 0)).toEqual(["⠁ ", "  "]);
    expect(text(1, 3)).toEqual(["⢀ ", "  "]);
    expect(text(2, 4)).toEqual(["  ", " ⠁"]);
    expect(text(3, 7)).toEqual(["  ", " ⢀"]);
    expect(text(4, 0)).toEqual(["  ", "  "]);
    expect(text(-1, -1)).toEqual(["  ", "  "]);
  });

  it("fills a cell with all eight dots, and lets a character lie on top", () => {
    const canvas = new BrailleCanvas(1, 1);
    for (let x = 0; x < 2; x += 1) canvas.line(x, 0, x, 3, "line");
    expect(canvas.cells()).toEqual([[{ text: "⣿", style: "line" }]]);
    canvas.glyph(1, 2, "●", "frontier");
    expect(canvas.cells()).toEqual([[{ text: "●", style: "frontier" }]]);
  });
});

describe("roundTicks", () => {
  it("are round, ascending, within the range, and not too many", () => {
    expect(roundTicks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(roundTicks(1.3e6, 19.9e6, 4)).toEqual([5e6, 10e6, 15e6]);
    expect(roundTicks(3, 3, 4)).toEqual([3]);
    const range = fc.tuple(
      fc.double({ min: -1e9, max: 1e9, noNaN: true }),
      fc.double({ min: 1e-3, max: 1e9, noNaN: true }),
    );
    fc.assert(
      fc.property(range, fc.integer({ min: 1, max: 20 }), ([low, span], most) => {
        const ticks = roundTicks(low, low + span, most);
        expect(ticks.length).toBeGreaterThan(0);
        expect(ticks.length).toBeLessThanOrEqual(most + 1);
        for (const [i, tick] of ticks.entries()) {
          expect(tick).toBeGreaterThanOrEqual(low);
          expect(tick).toBeLessThanOrEqual(low + span);
          if (i > 0) expect(tick).toBeGreaterThan(ticks[i - 1] as number);
        }
      }),
    );
  });
});

describe("scatterText", () => {
  const series: TextSeries[] = [
    { label: "Dominated", style: "dominated", points: [[2e6, 0.6]] },
    { label: "Outside the bounds", style: "infeasible", points: [[4e6, 0.5]] },
    { label: "On the frontier", style: "frontier", points: [[3e6, 0.9]] },
    { label: "Whole anchor", style: "anchor", points: [[1e6, 0.5]] },
    {
      label: "",
      style: "line",
      points: [
        [3e6, 0.9],
        [1e6, 0.5],
      ],
    },
  ];

  it("draws axes, ticks, marks of different shapes and a legend", () => {
    expect(scatterText(series, options(48, 8)).split("\n")).toEqual([
      "Accuracy",
      "       │                          ●",
      "       │                          ⢸",
      "80.0 % ┤                          ⢸",
      "       │                          ⢸",
      "       │                          ⢸",
      "60.0 % ┤             ○            ⢸",
      "       │                          ⢸",
      "       │◆⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣸            ×",
      "       └┬────────────┬────────────┬────────────┬",
      "        1.00 M    2.00 M       3.00 M     4.00 M",
      "                          MACs",
      "○ Dominated   × Outside the bounds",
      "● On the frontier   ◆ Whole anchor",
    ]);
  });

  it("fits its width whatever it draws, without trailing spaces, with as many rows as asked for", () => {
    const points = fc.array(fc.tuple(finite, finite), { maxLength: 30 });
    const style = fc.constantFrom<TextSeries["style"]>(
      "dominated",
      "infeasible",
      "frontier",
      "anchor",
      "line",
      "series-1",
    );
    const some = fc.array(fc.record({ label: fc.string({ maxLength: 60 }), style, points }), {
      maxLength: 5,
    });
    fc.assert(
      fc.property(
        some,
        fc.integer({ min: 24, max: 200 }),
        fc.integer({ min: 4, max: 40 }),
        (drawn, width, height) => {
          const text = scatterText(drawn, options(width, height));
          for (const [i, length] of columns(text).entries()) {
            expect(length, `line ${i}: ${text.split("\n")[i]}`).toBeLessThanOrEqual(width);
          }
          expect(text.split("\n").every((line) => line === line.trimEnd())).toBe(true);
          const rows = text.split("\n").filter((line) => /[│┤]/.test(line)).length;
          if (drawn.some((entry) => entry.points.length > 0)) expect(rows).toBe(height);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("draws the dominated as dots where they are many", () => {
    const points = Array.from({ length: 500 }, (_, i) => [i, i] as const);
    const text = scatterText([{ label: "Dominated", style: "dominated", points }], options(60));
    expect(text).not.toContain("○");
    expect(text).toContain("⠂ Dominated");
    expect(text).toMatch(/[\u2801-\u28ff]{2}/);
  });

  it("colours only when asked to, and then changes nothing else", () => {
    const plain = scatterText(series, options(60));
    const coloured = scatterText(series, { ...options(60), color: true });
    expect(plain).not.toContain(ESCAPE);
    expect(coloured).toContain(ESCAPE);
    const bare = coloured.replaceAll(new RegExp(`${ESCAPE}\\[\\d+m`, "g"), "");
    expect(bare.split("\n").map((line) => line.trimEnd())).toEqual(plain.split("\n"));
  });

  it("says so where there is nothing to draw, and draws one point in the middle", () => {
    expect(scatterText([], options(40))).toBe("no points to draw");
    expect(scatterText([{ label: "a", style: "frontier", points: [[1, 1]] }], options(40))).toContain("●");
  });
});

describe("barsText", () => {
  it("is as long as its value says, and never drops a small one", () => {
    const lines = barsText(
      [
        { label: "a", value: 100 },
        { label: "bb", value: 50 },
        { label: "c", value: 0 },
        { label: "d", value: 0.01 },
      ],
      { width: 30, color: false },
    ).split("\n");
    const filled = lines.map((line) => [...line].filter((character) => character === "█").length);
    expect(filled).toEqual([22, 11, 0, 0]);
    expect(lines[3]).toContain("▏");
    expect(lines[2]).not.toMatch(/[▏█]/);
    expect(Math.max(...columns(lines.join("\n")))).toBeLessThanOrEqual(30);
  });
});
