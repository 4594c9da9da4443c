import { defineConfig } from "vitest/config";

/** No aliases: these tests import the built packages, as a user's program does. */
export default defineConfig({
  test: { include: ["*.test.ts"], testTimeout: 120_000, hookTimeout: 180_000, maxWorkers: 2 },
});
