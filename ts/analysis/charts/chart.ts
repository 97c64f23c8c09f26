/** A chart: one Vega-Lite specification, and from it SVG, PNG, HTML, notebook output; text for a terminal. */
import { DISPLAY, type Displayable, type MediaBundle } from "../display.js";
import { chartPage } from "./page.js";
import { CSS_THEME, chartConfig, THEMES, type Theme, type ThemeName } from "./theme.js";
import { compileSpec, drawPng, drawSvg, VEGA_LITE_SCHEMA, type VegaLiteSpec, type VegaSpec } from "./vega.js";

export interface TextOptions {
  /** Columns that no line exceeds; 80 unless given. */
  readonly width?: number;
  /** Rows of the plot itself; 20 unless given. */
  readonly height?: number;
  /** Whether to write colour codes; none unless asked for. */
  readonly color?: boolean;
}

export interface ImageOptions {
  /** Width and height of the plot, without axes and legend, in CSS pixels. */
  readonly width?: number;
  readonly height?: number;
  readonly theme?: ThemeName;
}

export interface ChartParts {
  readonly title: string;
  /** What the chart shows, in a sentence, for those who do not see it. */
  readonly description: string;
  /** The specification without `$schema`, `title`, size and configuration. */
  readonly body: (theme: Theme) => VegaLiteSpec;
  readonly text: (options: Required<TextOptions>) => string;
  /** Height of the plot in CSS pixels; 360 unless given. */
  readonly height?: number;
}

const DEFAULT_WIDTH = 720;
const DEFAULT_HEIGHT = 360;

/** A chart in every form: drawing, page, notebook output, text for a terminal, and the specification itself. */
export class Chart implements Displayable {
  readonly title: string;
  readonly description: string;
  readonly #parts: ChartParts;

  constructor(parts: ChartParts) {
    this.title = parts.title;
    this.description = parts.description;
    this.#parts = parts;
  }

  /** The Vega-Lite specification, data included. */
  toJSON(): VegaLiteSpec {
    return this.#spec(THEMES.light, DEFAULT_WIDTH, this.#height, this.title);
  }

  /** SVG text. */
  async toSVG(options: ImageOptions = {}): Promise<string> {
    const theme = THEMES[options.theme ?? "light"];
    const { width = DEFAULT_WIDTH, height = this.#height } = options;
    const spec = { ...this.#spec(theme, width, height, this.title), background: theme.page };
    return drawSvg(await compileSpec(spec));
  }

  /**
   * PNG bytes, `scale` pixels to a CSS pixel.
   *
   * @throws EstaError("environment") where the optional package that draws it is missing.
   */
  async toPNG(options: ImageOptions & { readonly scale?: number } = {}): Promise<Uint8Array> {
    const { page } = THEMES[options.theme ?? "light"];
    return drawPng(await this.toSVG(options), options.scale ?? 2, page);
  }

  /** A page of its own, without any network reference, in which hovering and the choice of axes work. */
  async toHTML(): Promise<string> {
    return chartPage(this);
  }

  /** Compiled for a page: as wide as its container, colours by custom property. */
  async compileForPage(): Promise<VegaSpec> {
    return compileSpec(this.#spec(CSS_THEME, "container", this.#height, null));
  }

  /** SVG text for a page, with colours by custom property; shown until the script runs, and without it. */
  async drawForPage(): Promise<string> {
    return drawSvg(await compileSpec(this.#spec(CSS_THEME, DEFAULT_WIDTH, this.#height, null)));
  }

  toString(options: TextOptions = {}): string {
    const { width = 80, height = 20, color = false } = options;
    return this.#parts.text({ width, height, color });
  }

  /** What notebooks show (Deno, and others that know the symbol). */
  async [DISPLAY](): Promise<MediaBundle> {
    return {
      "application/vnd.vegalite.v6+json": this.toJSON(),
      "image/svg+xml": await this.toSVG(),
      "text/plain": this.toString(),
    };
  }

  get #height(): number {
    return this.#parts.height ?? DEFAULT_HEIGHT;
  }

  #spec(theme: Theme, width: number | "container", height: number, title: string | null): VegaLiteSpec {
    return {
      $schema: VEGA_LITE_SCHEMA,
      description: this.description,
      ...(title === null ? {} : { title }),
      width,
      height,
      autosize: { type: "fit-x", contains: "padding" },
      config: chartConfig(theme),
      ...this.#parts.body(theme),
    };
  }
}
