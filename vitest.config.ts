import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/{ts,contract,e2e}/**/*.test.ts"],
    // Real processes start in many tests, and a busy machine makes seconds minutes: this only ends what hangs.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // Both cores are shared with the Python that tests start.
    maxWorkers: 2,
  },
});
