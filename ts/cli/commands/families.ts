import { stitchTable, textTable } from "../../analysis/table.js";
import { listFamilies, readFamily } from "../../planning/catalog.js";
import { makeFamilyPlan } from "../../sdk/make-family-plan.js";
import { defineCommand } from "../command.js";

export const command = defineCommand({
  details:
    "Without a name, lists the families of the catalog. With one, shows its anchors with their " +
    "costs, where their weights come from, and how many stitches it gives. Needs no Python.",
  next: [
    ["$0 fetch OWNER/NAME", "downloads an anchor's weights"],
    ["$0 plan FILE", "every stitch of a configuration with its costs"],
  ],
  options: (yargs) =>
    yargs.positional("name", { type: "string", describe: "One family, with its anchors' costs" }),
  examples: [["$0 families deit", "anchors, costs, hub ids, published parameter counts"]],
  async run(args, output) {
    if (args.name === undefined) {
      const rows = listFamilies().map((name) => {
        const { family, title } = readFamily(name);
        return { name, kind: family.kind, anchors: family.anchors.map((anchor) => anchor.name), title };
      });
      output.result(
        rows,
        textTable(rows, [
          { header: "family", align: "left", text: (row) => row.name },
          { header: "kind", align: "left", text: (row) => row.kind },
          { header: "anchors", align: "left", text: (row) => row.anchors.join(", ") },
        ]),
      );
      return;
    }
    const entry = readFamily(args.name);
    const plan = await makeFamilyPlan(args.name);
    const sources = plan.anchors.map(({ name, weights }) => {
      const source =
        weights === null
          ? "no weights named"
          : `${weights.location}${weights.revision ? `@${weights.revision}` : ""}`;
      return `${name}: ${source}`;
    });
    const stitches = `${plan.totals.stitches} stitches by rule ${plan.space.rule}`;
    output.result(
      { ...entry, kind: entry.family.kind, anchors: plan.anchors, stitches: plan.totals.stitches },
      [
        `${entry.name}: ${entry.title} (${entry.license})`,
        entry.source,
        stitches,
        "",
        stitchTable(plan.anchors, ["width", "depth", "heads"]),
        "",
        ...sources,
      ].join("\n"),
    );
  },
});
