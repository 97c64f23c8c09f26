/** The environment of the engine's processes, as on a system that joins search paths with another sign. */
import { afterEach, expect, test, vi } from "vitest";
import { engineEnvironment } from "../../../ts/engine/job.js";

vi.mock("node:path", async (load) => ({ ...(await load<typeof import("node:path")>()), delimiter: ";" }));

afterEach(() => vi.unstubAllEnvs());

test("puts the engine before what the user's search path has, joined as the system joins paths", () => {
  vi.stubEnv("PYTHONPATH", "/theirs");
  expect(engineEnvironment().PYTHONPATH).toMatch(/python;\/theirs$/);
  vi.stubEnv("PYTHONPATH", "");
  expect(engineEnvironment().PYTHONPATH).toMatch(/python$/);
});
