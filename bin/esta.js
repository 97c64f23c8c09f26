#!/usr/bin/env node
/**
 * The `esta` command as plain JavaScript, which node runs from a clone after set-up and from an installed package.
 * It only checks that there is something to run, in syntax that old versions of Node can read.
 */
import { existsSync } from "node:fs";

const ENVIRONMENT = 3;
const built = new URL("../dist/cli/main.js", import.meta.url);
const [major, minor] = process.versions.node.split(".").map(Number);

function refuse(message, hint) {
  process.stderr.write(`esta: ${message}\n  ${hint}\n`);
  process.exitCode = ENVIRONMENT;
}

if (major < 20 || (major === 20 && minor < 19)) {
  refuse(`Node >= 20.19 is needed; this is ${process.versions.node}`, "Install a newer Node: nodejs.org.");
} else if (!existsSync(built)) {
  refuse("this clone is not set up: dist/ is not built", "Run `npm run setup` in its folder once.");
} else {
  try {
    const { main } = await import(built.href);
    await main();
  } catch (error) {
    // Only a missing package is expected here: the command line reports its own failures.
    if (error?.code !== "ERR_MODULE_NOT_FOUND") throw error;
    const what = String(error.message).split("\n")[0];
    refuse(`this installation is incomplete: ${what}`, "Run `npm run setup` (in a clone) or `npm install`.");
  }
}
