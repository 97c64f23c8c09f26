/** The real command line in a real pseudo-terminal (Python's), seen through an emulated screen. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { Screen } from "../ts/cli/screen.js";
import { ESTA, ROOT } from "./cli.js";

export const KEYS = {
  enter: "\r",
  back: "\x1b",
  down: "\x1b[B",
  up: "\x1b[A",
  interrupt: "\x03",
  erase: "\x15",
} as const;

export interface TerminalOptions {
  columns?: number;
  rows?: number;
  cwd?: string;
  /** Over a usual terminal's: UTF-8, colours, no CI. */
  env?: Record<string, string | undefined>;
}

const USUAL = {
  LANG: "C.UTF-8",
  LC_ALL: undefined,
  TERM: "xterm-256color",
  CI: undefined,
  NO_COLOR: undefined,
  FORCE_COLOR: undefined,
};

/** Starts `esta` with these arguments. */
export function startTerminal(args: readonly string[], options: TerminalOptions = {}): Terminal {
  return new Terminal([process.execPath, ESTA, ...args], options);
}

export class Terminal {
  readonly screen: Screen;
  /** Everything that was drawn, escape codes and all. */
  raw = "";
  readonly ended: Promise<number>;
  readonly #rows: number;
  readonly #child;

  constructor(
    command: readonly string[],
    { columns = 100, rows = 40, cwd = ROOT, env = {} }: TerminalOptions,
  ) {
    this.screen = new Screen(columns, rows);
    this.#rows = rows;
    const venv = join(ROOT, ".venv", "bin", "python");
    const python = existsSync(venv) ? venv : "python3";
    this.#child = execa(
      python,
      [join(ROOT, "tests", "e2e", "pseudo_terminal.py"), String(rows), String(columns), ...command],
      {
        cwd,
        // Python would give its children another locale than C.
        env: { PYTHONCOERCECLOCALE: "0", ...USUAL, ...env },
        reject: false,
        buffer: false,
      },
    );
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.raw += text;
      this.screen.write(text);
    });
    this.ended = this.#child.then(({ exitCode }) => exitCode ?? -1);
  }

  /** Types one after the other, as fast as a person would not: each once the last was drawn. */
  async type(...keys: readonly string[]): Promise<void> {
    for (const text of keys) {
      this.#ask({ keys: text });
      // Esc alone is told from the start of a sequence by the silence after it.
      await sleep(text === KEYS.back ? 200 : 60);
    }
  }

  resize(columns: number): void {
    this.screen.resize(columns);
    this.#ask({ resize: [this.#rows, columns] });
  }

  /** Waits until the screen shows `pattern`. */
  async until(pattern: RegExp, seconds = 30): Promise<void> {
    for (const end = Date.now() + 1000 * seconds; Date.now() < end; await sleep(30)) {
      if (pattern.test(this.screen.text)) return;
    }
    throw new Error(`${pattern} did not come; the screen is:\n${this.screen.text}`);
  }

  #ask(request: object): void {
    this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
  }
}
