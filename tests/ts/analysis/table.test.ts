import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fieldOf, formatAs, formatCount, formatField, formatSeconds } from "../../../ts/analysis/fields.js";
import { stitchTable, textTable } from "../../../ts/analysis/table.js";

describe("formats", () => {
  it.each([
    ["macs", 1_258_411_200, "1.26 G"],
    ["macs", 999_600, "1.00 M"],
    ["macs", 999, "999"],
    ["macs", 0, "0"],
    ["macs", 2_000_000_000_000, "2.00 T"],
    ["params", 5_717_416, "5.72 M"],
    ["accuracy", 0.87654, "87.7 %"],
    ["macro-f1", 1, "100.0 %"],
    ["memory_bytes", 17_700_000, "17.7 MB"],
    ["latency_ms", 4.25, "4.25 ms"],
    ["loss", 0.000123, "1.23e-4"],
    ["loss", 1234.5, "1235"],
    ["score", null, "-"],
    ["score", Number.NaN, "-"],
  ])("%s %s is written %s", (key, value, text) => {
    expect(formatField(key, value)).toBe(text);
  });

  it("knows directions and labels, and makes something of unknown fields", () => {
    expect(fieldOf("macro-f1")).toMatchObject({ label: "Macro F1", better: "more" });
    expect(fieldOf("tokens_per_second")).toMatchObject({ label: "Tokens per second", format: "number" });
    expect(fieldOf("constructor").label).toBe("Constructor");
  });

  it("costs never show four digits before the point", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 53 - 1 }), (value) => {
        const [digits] = formatAs("cost", value).split(" ");
        expect(Number(digits)).toBeLessThan(1000);
      }),
    );
  });

  it.each([
    [0.0421, "42 ms"],
    [12.34, "12.3 s"],
    [245, "4 min 5 s"],
    [7380, "2 h 3 min"],
    [null, "-"],
  ])("%s s is written %s", (seconds, text) => expect(formatSeconds(seconds)).toBe(text));

  it("groups digits", () => expect(formatCount(1234567)).toBe("1 234 567"));
});

describe("textTable", () => {
  it("aligns, marks and leaves no trailing space", () => {
    const rows = [
      { id: 0, name: "tiny", macs: 1_258_411_200, params: 5_717_416, accuracy: 0.7213 },
      { id: 12, name: "tiny+small", macs: 2_000_000, params: 900, accuracy: 0.9 },
    ];
    expect(stitchTable(rows, ["accuracy"], ({ id }) => id === 12)).toBe(
      [
        "   id  name          MACs  Parameters  Accuracy",
        "-  --  ----------  ------  ----------  --------",
        "    0  tiny        1.26 G      5.72 M    72.1 %",
        "*  12  tiny+small  2.00 M         900    90.0 %",
      ].join("\n"),
    );
  });

  it("cannot be broken by control characters, and shows its head where there are no rows", () => {
    const columns = [{ header: "name", align: "left" as const, text: (row: string) => row }];
    expect(textTable(["a\n\u001b[31mb\r"], columns)).toBe("name\n--------\na [31mb");
    expect(textTable([], columns)).toBe("name\n----");
  });
});
