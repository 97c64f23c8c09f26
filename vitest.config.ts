import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/{ts,contract,e2e}/**/*.test.ts"],
    // Real processes start in many tests: Python takes a second, a set-up several.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Both cores are shared with the Python that tests start.
    maxWorkers: 2,
  },
});
