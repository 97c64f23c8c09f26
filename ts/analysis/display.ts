/** What charts, tables, reports and progress have in common: every form that a person or a notebook may want. */

/** The name under which notebooks (Deno's, and others that know it) ask a value how it is to be shown. */
export const DISPLAY: unique symbol = Symbol.for("Jupyter.display") as never;

/** Forms of one value by media type, as Jupyter's `display_data` carries them. */
export type MediaBundle = Record<string, unknown>;

/** Something that can be shown. Where drawing takes time, the form is a promise. */
export interface Displayable {
  toSVG(): string | Promise<string>;
  toHTML(): string | Promise<string>;
  /** What it holds, as plain data: `JSON.stringify` calls this. */
  toJSON(): unknown;
  /** Plain text for a terminal. */
  toString(): string;
  [DISPLAY](): MediaBundle | Promise<MediaBundle>;
}
