/**
 * Colours of all charts. Light and dark hold plain colours, for SVG and PNG files; `css` names the custom properties
 * of a page, so that a chart in it follows the reader's light or dark setting. Marks differ by shape as well, and
 * the hues are told apart with the common colour-vision deficiencies; every mark has a contrast of 3 to its page.
 */
export interface Theme {
  readonly page: string;
  readonly ink: string;
  readonly muted: string;
  readonly grid: string;
  readonly frontier: string;
  readonly dominated: string;
  readonly infeasible: string;
  readonly anchor: string;
  /** Colours of other series in order; they repeat when there are more. */
  readonly series: readonly string[];
}

export const THEMES = {
  light: {
    page: "#ffffff",
    ink: "#1c2530",
    muted: "#56616f",
    grid: "#e4e8ed",
    frontier: "#0b5fc0",
    dominated: "#84909e",
    infeasible: "#b3261e",
    anchor: "#c25700",
    series: ["#7b3fb3", "#00796b", "#a3195b"],
  },
  dark: {
    page: "#12171e",
    ink: "#e8edf3",
    muted: "#a3afbd",
    grid: "#2a323d",
    frontier: "#6db3ff",
    dominated: "#7c8896",
    infeasible: "#ff8a80",
    anchor: "#ffab5e",
    series: ["#c9a2f2", "#5ed1c0", "#f48fb8"],
  },
} as const satisfies Record<string, Theme>;

export type ThemeName = keyof typeof THEMES;

const SCALARS = ["page", "ink", "muted", "grid", "frontier", "dominated", "infeasible", "anchor"] as const;

/** The same colours by reference to custom properties, which `themeProperties` defines. */
export const CSS_THEME: Theme = {
  ...(Object.fromEntries(SCALARS.map((key) => [key, `var(--${key})`])) as Record<
    (typeof SCALARS)[number],
    string
  >),
  series: THEMES.light.series.map((_, i) => `var(--series-${i})`),
};

/** Declarations of the custom properties, to stand between the braces of a rule. */
export function themeProperties(theme: Theme): string {
  const scalars = SCALARS.map((key) => `--${key}: ${theme[key]};`);
  return [...scalars, ...theme.series.map((colour, i) => `--series-${i}: ${colour};`)].join(" ");
}

/** Colour of the i-th other series. */
export function seriesColour(theme: Theme, i: number): string {
  return theme.series[i % theme.series.length] ?? theme.muted;
}

/** By name and without quotes: what draws PNG takes any font at all for a generic family or a quoted name. */
export const FONT =
  "Segoe UI, Roboto, Helvetica Neue, Arial, Liberation Sans, Noto Sans, DejaVu Sans, system-ui, sans-serif";

/** Vega-Lite configuration that all charts share. */
export function chartConfig(theme: Theme): Record<string, unknown> {
  const text = { labelColor: theme.muted, titleColor: theme.ink, labelFontSize: 12, titleFontSize: 13 };
  return {
    background: null,
    font: FONT,
    padding: 4,
    view: { stroke: null },
    axis: {
      ...text,
      titleFontWeight: "normal",
      gridColor: theme.grid,
      domainColor: theme.muted,
      tickColor: theme.muted,
      labelPadding: 6,
      titlePadding: 10,
    },
    legend: {
      ...text,
      labelLimit: 260,
      symbolOpacity: 1,
      symbolStrokeWidth: 1.5,
      columnPadding: 18,
      rowPadding: 4,
    },
    title: { color: theme.ink, anchor: "start", fontSize: 15, offset: 12 },
  };
}
