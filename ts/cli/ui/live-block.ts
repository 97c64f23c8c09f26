/** A few lines at the bottom of a terminal that are redrawn in place: one write a change, and none without one. */
import { stripVTControlCharacters } from "node:util";

/** What of a terminal's stream is used; tests pass one that records. */
export interface LiveStream {
  readonly columns?: number;
  write(text: string): unknown;
}

export class LiveBlock {
  readonly #stream: LiveStream;
  #drawn: string[] = [];

  constructor(stream: LiveStream) {
    this.#stream = stream;
  }

  /** Shows `lines` instead of what was shown; they must not be wider than the terminal. */
  draw(lines: readonly string[]): void {
    if (lines.length === this.#drawn.length && lines.every((line, at) => line === this.#drawn[at])) return;
    this.#stream.write(this.#erase() + lines.join("\n"));
    this.#drawn = [...lines];
  }

  /** Takes the block away, so that other text can take its place. */
  clear(): void {
    if (this.#drawn.length === 0) return;
    this.#stream.write(this.#erase());
    this.#drawn = [];
  }

  /** From the end of the last line back to the start of the first. A terminal made narrower has wrapped the lines. */
  #erase(): string {
    if (this.#drawn.length === 0) return "";
    const columns = Math.max(1, this.#stream.columns ?? 80);
    const rows = this.#drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(width(line) / columns)), 0);
    return `${rows > 1 ? `\x1b[${rows - 1}A` : ""}\r\x1b[J`;
  }
}

const width = (line: string): number => [...stripVTControlCharacters(line)].length;
