import { defineConfig } from "vitest/config";

/** No aliases: examples import the built packages, as a user's program does. */
export default defineConfig({
  test: { include: ["*.test.ts"], testTimeout: 60_000, hookTimeout: 60_000 },
});
