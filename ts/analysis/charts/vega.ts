/** The only import of Vega and resvg, both at first use: they are large, and most commands draw nothing. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { EstaError } from "../../errors.js";

/** A Vega-Lite specification, as JSON. */
export type VegaLiteSpec = Readonly<Record<string, unknown>>;
/** A compiled Vega specification, as JSON. */
export type VegaSpec = Readonly<Record<string, unknown>>;

export const VEGA_LITE_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json";

/**
 * Compiles Vega-Lite to Vega, without the addresses of schemas.
 *
 * @throws Error where Vega-Lite warns: the specifications are ours, so a warning is a defect.
 */
export async function compileSpec(spec: VegaLiteSpec): Promise<VegaSpec> {
  const { compile } = await import("vega-lite");
  const problems: string[] = [];
  const note = (...parts: readonly unknown[]) => {
    problems.push(parts.join(" "));
    return logger;
  };
  const ignore = () => logger;
  const logger = { level: ignore, error: note, warn: note, info: ignore, debug: ignore };
  type Options = NonNullable<Parameters<typeof compile>[1]>;
  const options = { logger } as unknown as Options;
  const compiled = compile(spec as unknown as Parameters<typeof compile>[0], options).spec;
  if (problems.length > 0) throw new Error(`the chart's specification is faulty: ${problems.join("; ")}`);
  const { $schema: _, ...rest } = compiled as unknown as Record<string, unknown>;
  return { ...rest, marks: silenceCells(rest.marks) };
}

/** Vega-Lite gives the invisible cells that catch the pointer a role, but no name: readers of screens skip them. */
function silenceCells(marks: unknown): unknown {
  if (!Array.isArray(marks)) return marks;
  return marks.map((mark: VegaSpec) => {
    const isCell = typeof mark.name === "string" && mark.name.endsWith("_voronoi");
    return {
      ...mark,
      ...(isCell ? { aria: false } : {}),
      ...(mark.marks ? { marks: silenceCells(mark.marks) } : {}),
    };
  });
}

/** Draws a compiled specification as SVG text; needs neither a DOM nor a canvas. */
export async function drawSvg(spec: VegaSpec): Promise<string> {
  const vega = await import("vega");
  const view = new vega.View(vega.parse(spec as unknown as Parameters<typeof vega.parse>[0]), {
    renderer: "none",
  });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/** Turns SVG text into a PNG, `scale` pixels to a unit. */
export async function drawPng(svg: string, scale: number, background: string): Promise<Uint8Array> {
  const { Resvg } = await importResvg();
  const options = {
    fitTo: { mode: "zoom", value: scale },
    background,
    font: { loadSystemFonts: true },
  } as const;
  return new Resvg(svg, options).render().asPng();
}

async function importResvg(): Promise<typeof import("@resvg/resvg-js")> {
  try {
    return await import("@resvg/resvg-js");
  } catch (cause) {
    throw new EstaError(
      "environment",
      "PNG output needs the optional package @resvg/resvg-js, which is missing",
      {
        hint: "Install it with `npm install @resvg/resvg-js`, or write SVG or HTML instead.",
        cause,
      },
    );
  }
}

/** Vega's own browser build, to be put into a page. */
export function readVegaScript(): string {
  const folder = new URL(".", import.meta.resolve("vega"));
  const file = fileURLToPath(new URL("vega.min.js", folder));
  if (!existsSync(file)) {
    throw new EstaError("environment", `Vega's browser build is missing: ${file}`, {
      hint: "Install estakit's packages again (`npm ci`), or write SVG instead of HTML.",
    });
  }
  return readFileSync(file, "utf8").replaceAll(/\/\/# sourceMappingURL=\S*/g, "");
}
