/** What tests of `esta init` share: a folder of photos, a terminal in it, and the questions in their order. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach } from "vitest";
import { scratch } from "../scratch.js";
import { KEYS, startTerminal, type Terminal, type TerminalOptions } from "./terminal.js";

const PNG = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");
let folder: string;

/** Before each test of the file that imports this: three classes of images, and a file that is none. */
beforeEach(() => {
  folder = scratch();
  for (const name of ["cat/1.png", "cat/2.png", "dog/1.png", "eel/1.png", "eel/notes.txt"]) {
    mkdirSync(dirname(join(folder, "photos", name)), { recursive: true });
    writeFileSync(join(folder, "photos", name), PNG);
  }
});

/** A path in the test's folder. */
export const here = (...names: string[]): string => join(folder, ...names);
export const file = (): string => here("esta.yaml");

export const init = (args: readonly string[] = [], options: TerminalOptions = {}): Terminal =>
  startTerminal(["init", ...args], { cwd: folder, ...options });

/** The question that is being asked: clack marks it, and draws a corner below its last answer; a screen comes in pieces. */
export const asked = (text: string): RegExp => new RegExp(`(?:◆|\\*) {2}${text}[^]*\\n(?:└|-)`);
export const QUESTIONS = [
  "Which data\\?",
  "Which family",
  "Which method\\?",
  "How long to train\\?",
  "Which cost",
  "For which budgets",
] as const;
export const WRITE = "Write esta.yaml\\?";

/** Takes the marked answers from the question at hand up to the last one. */
export async function takeDefaults(terminal: Terminal, from = 0): Promise<void> {
  for (const question of QUESTIONS.slice(from)) {
    await terminal.until(asked(question));
    await terminal.type(KEYS.enter);
  }
  await terminal.until(asked(WRITE));
}
