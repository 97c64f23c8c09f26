/**
 * The report and the charts in a real browser: they live without a network, hovering and the choice of axes work, and
 * axe finds nothing serious, on a phone and on a screen, in light and dark.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makePlanChart } from "../../ts/analysis/charts/plan.js";
import { makeScatterChart } from "../../ts/analysis/charts/scatter.js";
import { makeRandom } from "../../ts/analysis/random.js";
import { makeReport } from "../../ts/analysis/report.js";
import { scratch } from "../scratch.js";
import { sampleReport } from "../ts/analysis/sample-report.js";

const EXECUTABLE = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
  existsSync,
);
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const PHONE = { width: 390, height: 844 };
const SCREEN = { width: 1440, height: 900 };
const READY_MS = 30_000;

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string;
    readonly nodes: readonly unknown[];
  }[];
}

/** A page with what it did: messages on its console, errors, requests other than for itself. */
interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly problems: readonly string[];
  readonly requests: readonly string[];
}

const reason =
  EXECUTABLE === undefined ? " (skipped: no Chromium in /usr/bin; install the package chromium)" : "";

describe.skipIf(EXECUTABLE === undefined)(`report in a browser${reason}`, () => {
  let folder: string;
  let browser: Browser;
  const files: Record<string, string> = {};

  beforeAll(async () => {
    folder = scratch();
    const pages = {
      report: await makeReport(sampleReport()).toHTML(),
      plan: await makePlanChart(samplePlan()).toHTML(),
      large: await makeScatterChart(manyPoints(10_000), { y: "accuracy", xChoices: ["params"] }).toHTML(),
    };
    for (const [name, text] of Object.entries(pages)) {
      files[name] = join(folder, `${name}.html`);
      writeFileSync(files[name], text);
    }
    browser = await chromium.launch({ executablePath: EXECUTABLE as string, args: FLAGS });
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
  });

  async function visit(name: string, options: Parameters<Browser["newContext"]>[0] = {}): Promise<Visit> {
    const context = await browser.newContext({ viewport: SCREEN, ...options });
    const page = await context.newPage();
    const address = pathToFileURL(files[name] as string).href;
    const problems: string[] = [];
    const requests: string[] = [];
    page.on("console", (message) => problems.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("request", (request) => {
      if (request.url() !== address && !request.url().startsWith("data:")) requests.push(request.url());
    });
    await page.goto(address);
    return { page, context, problems, requests };
  }

  const isReady = (page: Page) =>
    page.waitForFunction(
      `[...document.querySelectorAll("[data-chart]")].every((figure) => figure.dataset.ready === "true")`,
      undefined,
      { timeout: READY_MS },
    );

  it.each(["report", "plan", "large"])(
    "%s: no request, no message, no error",
    async (name) => {
      const { page, context, problems, requests } = await visit(name);
      await isReady(page);
      expect(requests).toEqual([]);
      expect(problems).toEqual([]);
      await context.close();
    },
    60_000,
  );

  it("cannot load anything even if it tried", async () => {
    const { page, context } = await visit("report");
    const forbidden = await page.evaluate(`new Promise((resolve) => {
      document.addEventListener("securitypolicyviolation", (event) => resolve(event.effectiveDirective));
      fetch("https://estakit.invalid/").catch(() => {});
    })`);
    expect(forbidden).toBe("connect-src");
    await context.close();
  }, 60_000);

  it.each([
    ["phone, light", PHONE, "light"],
    ["phone, dark", PHONE, "dark"],
    ["screen, light", SCREEN, "light"],
    ["screen, dark", SCREEN, "dark"],
  ] as const)(
    "axe finds nothing serious: %s",
    async (_, viewport, colorScheme) => {
      const { page, context } = await visit("report", { viewport, colorScheme });
      await isReady(page);
      await page.locator("summary").click();
      const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
      await page.evaluate(axe);
      const { violations } = await page.evaluate<AxeResult>("axe.run()");
      const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
      expect(serious.map(({ id, nodes }) => `${id}: ${nodes.length}`)).toEqual([]);
      // Nothing makes the page itself scroll sideways.
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(viewport.width);
      await context.close();
    },
    60_000,
  );

  it("shows the stitch under the pointer, with id and route", async () => {
    const { page, context } = await visit("report");
    await isReady(page);
    const mark = page.locator("#frontier-chart .marks_marks path[fill='var(--frontier)']").first();
    await mark.scrollIntoViewIfNeeded();
    const at = await mark.boundingBox();
    if (at === null) throw new Error("the mark is not drawn");
    // Beside the mark: the nearest one counts.
    await page.mouse.move(at.x + at.width / 2 + 3, at.y + at.height / 2 + 5);
    const tip = page.locator(".tip");
    await tip.waitFor({ state: "visible" });
    const text = (await tip.innerText()).replaceAll(/\s+/g, " ");
    expect(text).toMatch(/Stitch tiny-vit-\S+ Id \d+ Route tiny-vit-m\[0:\d\] → tiny-vit-l\[\d:6\] MACs/);
    expect(text).toContain("On the frontier");
    const box = await tip.boundingBox();
    expect(box === null ? 0 : box.x + box.width).toBeLessThanOrEqual(SCREEN.width);
    await page.mouse.move(2, 2);
    await tip.waitFor({ state: "hidden" });
    await context.close();
  }, 60_000);

  it("moves the marks, the titles and the frontier to the axes that are chosen", async () => {
    const { page, context, problems } = await visit("report");
    await isReady(page);
    const chart = page.locator("#frontier-chart");
    const places = () =>
      chart
        .locator(".marks_marks path")
        .evaluateAll((paths) => paths.map((path) => path.getAttribute("transform")).sort());
    const titles = () => chart.locator(".role-axis-title text").allTextContents();
    const frontier = () => chart.locator(".marks_marks path[fill='var(--frontier)']").count();
    const before = { places: await places(), frontier: await frontier() };
    expect(await titles()).toEqual(["MACs", "Accuracy"]);

    await page.getByLabel("Cost").first().selectOption({ label: "Parameters" });
    await expect.poll(titles).toEqual(["Parameters", "Accuracy"]);
    expect(await places()).not.toEqual(before.places);

    await page.getByLabel("Metric").first().selectOption({ label: "Loss" });
    await expect.poll(titles).toEqual(["Parameters", "Loss (lower is better)"]);
    expect(await places()).toHaveLength(before.places.length);
    expect(await frontier()).toBeGreaterThan(0);

    await page.getByLabel("Cost").first().selectOption({ label: "MACs" });
    await page.getByLabel("Metric").first().selectOption({ label: "Accuracy" });
    await expect.poll(places).toEqual(before.places);
    expect(await frontier()).toBe(before.frontier);
    expect(problems).toEqual([]);
    await context.close();
  }, 60_000);

  it("follows the reader's dark setting, and prints light", async () => {
    const { page, context } = await visit("report", { colorScheme: "dark" });
    await isReady(page);
    const colours = () =>
      page.evaluate<string[]>(`[getComputedStyle(document.body).backgroundColor,
        getComputedStyle(document.querySelector(".role-axis-label text")).fill]`);
    const dark = await colours();
    await page.emulateMedia({ colorScheme: "light" });
    const light = await colours();
    expect(light[0]).toBe("rgb(255, 255, 255)");
    expect(dark[0]).not.toBe(light[0]);
    expect(dark[1]).not.toBe(light[1]);
    await page.emulateMedia({ colorScheme: "dark", media: "print" });
    expect(await colours()).toEqual(light);
    await context.close();
  }, 60_000);

  it("shows charts and tables without scripts", async () => {
    const { page, context } = await visit("report", { javaScriptEnabled: false });
    expect(await page.locator("#frontier-chart svg").count()).toBe(1);
    expect(await page.locator("#frontier-chart .marks_marks path").count()).toBe(22);
    expect(await page.locator("table").count()).toBe(4);
    await context.close();
  }, 60_000);

  it("draws 10,000 points and follows the width of the window", async () => {
    const { page, context } = await visit("large", { viewport: PHONE });
    await isReady(page);
    expect(await page.locator(".marks_marks path").count()).toBe(10_000);
    const width = () => page.locator("svg.marks").evaluate((svg) => Number(svg.getAttribute("width")));
    expect(await width()).toBeLessThan(PHONE.width);
    await page.setViewportSize(SCREEN);
    await expect.poll(width).toBeGreaterThan(900);
    await context.close();
  }, 60_000);
});

function manyPoints(count: number) {
  const random = makeRandom(2);
  return Array.from({ length: count }, (_, id) => {
    const macs = Math.round(1e6 + 9e6 * random());
    return { id, name: `stitch-${id}`, macs, params: 3 * macs, accuracy: 0.5 + macs / 3e7 + 0.1 * random() };
  });
}

function samplePlan() {
  const stitches = manyPoints(100).map((point) => ({ ...point, memory_bytes: 4 * point.params }));
  const intervals = [0, 1, 2].map((id) => ({ id, low: 1e6 + 3e6 * id, high: 4e6 + 3e6 * id }));
  return { stitches, anchors: stitches.slice(0, 3), intervals };
}
