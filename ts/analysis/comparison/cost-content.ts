/** What a comparison says of what its runs took, and of where they ran. */
import { formatAs, formatField, formatSeconds } from "../fields.js";
import { type ContentTable, left, right } from "../report/content.js";
import { methodLabel } from "../report/points.js";
import type { ComparisonData } from "./data.js";
import { type ComparisonSummary, meanOf } from "./summary.js";
import { meanText, plain } from "./words.js";

export function costTable({ arms }: ComparisonSummary): ContentTable {
  return {
    caption: "What training takes, and what a run stores beside the anchors",
    columns: [
      ...[left("Arm"), left("Method"), right("Steps"), right("Training time"), right("A step")],
      ...[right("Trainable parameters"), right("Their training state"), right("Stored")],
    ],
    rows: arms.map(({ arm }) => {
      const mean = (value: (cost: (typeof arm.runs)[number]["cost"]) => number | null) =>
        meanOf(arm.runs, ({ cost }) => value(cost));
      const step = mean(({ steps, seconds }) =>
        steps && seconds !== null ? (1000 * seconds) / steps : null,
      );
      return [
        ...[arm.name, methodLabel(arm.method)],
        meanText(
          mean(({ steps }) => steps),
          plain,
        ),
        meanText(
          mean(({ seconds }) => seconds),
          formatSeconds,
        ),
        formatAs("milliseconds", step),
        formatField(
          "params",
          mean(({ trainable_params }) => trainable_params),
        ),
        formatAs(
          "bytes",
          mean(({ trainable_bytes }) => trainable_bytes),
        ),
        formatAs(
          "bytes",
          mean(({ stored_bytes }) => stored_bytes),
        ),
      ];
    }),
  };
}

export function environmentTable({ environment, step_times }: ComparisonData): ContentTable {
  const rows: string[][] = [];
  if (environment !== null) {
    const { platform, device_name, threads, packages, git } = environment;
    rows.push(["Platform", platform], ["Device", device_name], ["Threads a run", String(threads)]);
    rows.push(...Object.entries(packages).map(([name, version]) => [name, version]));
    if (git !== null) rows.push(["Commit", git.dirty ? `${git.commit} (changed)` : git.commit]);
  }
  for (const { arm, step_ms, rounds_ms } of step_times?.arms ?? []) {
    const turns = rounds_ms.map((ms) => formatAs("milliseconds", ms)).join(", ");
    rows.push([`Step of ${arm}, side by side`, `${formatAs("milliseconds", step_ms)} (turns: ${turns})`]);
  }
  return { caption: "Environment", columns: [left("What"), left("Value")], rows };
}
