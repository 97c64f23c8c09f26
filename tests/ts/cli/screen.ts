/**
 * A terminal's screen, enough of one to see what a person would: text, line ends, cursor moves, erasing, wrapping.
 * Colours are dropped. Narrowing rewraps lines, as terminals of today do; it keeps no more than what is on them.
 */
export class Screen {
  #columns: number;
  readonly #rows: number;
  /** Lines as they were written, without the wrapping that the width makes; `wrapped` goes on with the line before. */
  #lines: { text: string; wrapped: boolean }[] = [{ text: "", wrapped: false }];
  #row = 0;
  #column = 0;
  #pending = "";

  constructor(columns: number, rows: number) {
    this.#columns = columns;
    this.#rows = rows;
  }

  get columns(): number {
    return this.#columns;
  }

  /** Lines from top to bottom without trailing spaces; empty ones at the end are left out. */
  get text(): string {
    return this.#lines
      .map(({ text }) => text.trimEnd())
      .join("\n")
      .trimEnd();
  }

  /** What is in view. */
  get view(): string[] {
    return this.#lines.slice(-this.#rows).map(({ text }) => text.trimEnd());
  }

  write(chunk: string): void {
    const text = this.#pending + chunk;
    this.#pending = "";
    let at = 0;
    while (at < text.length) {
      if (text[at] !== "\x1b") {
        const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
        this.#put(character);
        at += character.length;
        continue;
      }
      // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
      const sequence = /^\x1b(?:\[([?\d;]*)([A-Za-z])|[78=>]|\][^\x07]*\x07)/.exec(text.slice(at));
      if (sequence === null) {
        this.#pending = text.slice(at);
        return;
      }
      if (sequence[2] !== undefined) this.#control(sequence[2], sequence[1] ?? "");
      at += sequence[0].length;
    }
  }

  resize(columns: number): void {
    const whole: string[] = [];
    const cursor = { line: 0, column: 0 };
    for (const [row, { text, wrapped }] of this.#lines.entries()) {
      if (wrapped && whole.length > 0) whole.push((whole.pop() ?? "") + text);
      else whole.push(text);
      if (row === this.#row) {
        cursor.line = whole.length - 1;
        cursor.column = (whole.at(-1) ?? "").length - text.length + this.#column;
      }
    }
    this.#columns = columns;
    this.#lines = [];
    for (const [index, text] of whole.entries()) {
      const characters = [...text];
      const first = this.#lines.length;
      for (let at = 0; at === 0 || at < characters.length; at += columns) {
        this.#lines.push({ text: characters.slice(at, at + columns).join(""), wrapped: at > 0 });
      }
      if (index === cursor.line) {
        this.#row = Math.min(this.#lines.length - 1, first + Math.floor(cursor.column / columns));
        this.#column = cursor.column % columns;
      }
    }
  }

  #put(character: string): void {
    if (character === "\n") this.#down(false);
    else if (character === "\r") this.#column = 0;
    else if (character === "\b") this.#column = Math.max(0, this.#column - 1);
    else if (character >= " ") {
      if (this.#column >= this.#columns) {
        this.#down(true);
        this.#column = 0;
      }
      const line = this.#lines[this.#row] as { text: string };
      const cells = [...line.text.padEnd(this.#column)];
      cells[this.#column] = character;
      line.text = cells.join("");
      this.#column += 1;
    }
  }

  #down(wrapped: boolean): void {
    this.#row += 1;
    // A terminal's driver turns a line feed into a return too.
    if (!wrapped) this.#column = 0;
    if (this.#row === this.#lines.length) this.#lines.push({ text: "", wrapped });
  }

  #control(code: string, parameters: string): void {
    const count = Number.parseInt(parameters, 10) || 1;
    const line = this.#lines[this.#row] as { text: string };
    const top = Math.max(0, this.#lines.length - this.#rows);
    if (code === "A") this.#row = Math.max(top, this.#row - count);
    else if (code === "B") this.#row = Math.min(this.#lines.length - 1, this.#row + count);
    else if (code === "C") this.#column = Math.min(this.#columns - 1, this.#column + count);
    else if (code === "D") this.#column = Math.max(0, this.#column - count);
    else if (code === "G") this.#column = count - 1;
    else if (code === "J" || (code === "K" && parameters !== "2")) {
      line.text = [...line.text].slice(0, this.#column).join("");
      if (code === "J") this.#lines = this.#lines.slice(0, this.#row + 1);
    } else if (code === "K") line.text = "";
  }
}
