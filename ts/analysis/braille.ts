/** A canvas of braille dots (2 by 4 to a character) on which whole characters may lie, as lines of text. */

/** Bit of the dot at (column, row) of a cell, Unicode block 2800. */
const DOTS = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;
const BLANK = 0x2800;

export interface Cell {
  readonly text: string;
  readonly style: string;
}

export class BrailleCanvas {
  readonly columns: number;
  readonly rows: number;
  readonly #dots: Uint8Array;
  readonly #dotStyles: (string | undefined)[];
  readonly #glyphs = new Map<number, Cell>();

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
    this.#dots = new Uint8Array(columns * rows);
    this.#dotStyles = new Array(columns * rows);
  }

  /** Sets the dot at (x, y), y downwards, of columns * 2 by rows * 4; a cell takes the style of its last dot. */
  dot(x: number, y: number, style: string): void {
    const cell = (y >> 2) * this.columns + (x >> 1);
    if (x < 0 || y < 0 || x >= 2 * this.columns || y >= 4 * this.rows) return;
    this.#dots[cell] = (this.#dots[cell] ?? 0) | (DOTS[x & 1]?.[y & 3] ?? 0);
    this.#dotStyles[cell] = style;
  }

  /** Every dot between two that lie on one row or one column. */
  line(x0: number, y0: number, x1: number, y1: number, style: string): void {
    const steps = Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0));
    for (let i = 0; i <= steps; i += 1) {
      this.dot(x0 + Math.sign(x1 - x0) * i, y0 + Math.sign(y1 - y0) * i, style);
    }
  }

  /** Puts one character over the cell that holds dot (x, y); the last one stays. */
  glyph(x: number, y: number, text: string, style: string): void {
    this.#glyphs.set((y >> 2) * this.columns + (x >> 1), { text, style });
  }

  /** Rows of cells, top first; an empty cell is a space without style. */
  cells(): Cell[][] {
    return Array.from({ length: this.rows }, (_, row) =>
      Array.from({ length: this.columns }, (_, column) => {
        const at = row * this.columns + column;
        const dots = this.#dots[at] ?? 0;
        const own = { text: String.fromCodePoint(BLANK + dots), style: this.#dotStyles[at] ?? "" };
        return this.#glyphs.get(at) ?? (dots === 0 ? { text: " ", style: "" } : own);
      }),
    );
  }
}
