/** docs/reference/commands.md, from what the commands declare and say in `--help`. */
import { code, GENERATED, slug, table, wrap } from "./markdown.mjs";

/** `commands`: `{name: {usage, describe, load()}}`; `readDeclared(command, usage)` gives their options. */
export async function commandsPage(commands, readDeclared) {
  const entries = Object.entries(commands);
  const sections = [];
  for (const [name, { usage, describe, load }] of entries) {
    const { command } = await load();
    sections.push(section(name, usage, describe, command, await readDeclared(command, usage)));
  }
  const index = table(
    ["command", "does"],
    entries.map(([name, { describe }]) => [`[${code(`esta ${name}`)}](#${slug(`esta ${name}`)})`, describe]),
  );
  return `${[
    GENERATED,
    "# Reference: commands",
    wrap(
      "What each command is given and does, as `esta COMMAND --help` says it. Exit codes, and what goes to " +
        "stdout and stderr: [Command line](../cli.md).",
    ),
    index,
    "Every command also takes `--json` (one JSON object on stdout), `--verbose` (the stack of a failure) and `--help`.",
    ...sections,
  ].join("\n\n")}\n`;
}

function section(name, usage, describe, command, { positionals, options }) {
  return [
    `## esta ${name}`,
    `${describe}.`,
    `\`\`\`text\nesta ${usage}${options.length > 0 ? " [options]" : ""}\n\`\`\``,
    wrap(command.details),
    ...(positionals.length > 0 ? [optionTable("argument", positionals, (option) => option.key)] : []),
    ...(options.length > 0 ? [optionTable("option", options, flag)] : []),
    pairs("Examples", command.examples),
    pairs("Next", command.next),
  ].join("\n\n");
}

function optionTable(header, options, nameOf) {
  const rows = options.map((option) => [code(nameOf(option)), describeValue(option), option.describe]);
  return table([header, "value", "meaning"], rows);
}

function flag({ name, aliases }) {
  return [...aliases.filter((alias) => alias.length === 1).map((alias) => `-${alias}`), `--${name}`].join(
    ", ",
  );
}

function describeValue(option) {
  const { type, choices, repeatable, required } = option;
  const kind = choices.length > 0 ? choices.map(code).join(", ") : type === "boolean" ? "" : type;
  const more = [
    kind,
    repeatable ? "may be repeated" : "",
    required ? "required" : "",
    type !== "boolean" && option.default !== undefined ? `default ${code(option.default)}` : "",
  ];
  return more.filter((part) => part !== "").join("; ");
}

function pairs(title, list) {
  const lines = list.map(([line, what]) => `- ${code(line.replace("$0", "esta"))}: ${what}`);
  return `**${title}**\n\n${lines.join("\n")}`;
}
