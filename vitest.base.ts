import { readdirSync } from "node:fs";
import { defineConfig } from "vitest/config";

const packages = new URL("./packages/", import.meta.url);

/** Unit tests import the sources of every package, so that no build is needed to run them. */
export default defineConfig({
  resolve: {
    alias: [
      { find: /^@mlflow-kit\/testing$/, replacement: new URL("./testing/src/index.ts", import.meta.url).pathname },
      ...readdirSync(packages).flatMap((name) => [
        { find: new RegExp(`^@mlflow-kit/${name}$`), replacement: new URL(`${name}/src/index.ts`, packages).pathname },
        {
          find: new RegExp(`^@mlflow-kit/${name}/(.+)$`),
          replacement: `${new URL(`${name}/src/`, packages).pathname}$1/index.ts`,
        },
      ]),
    ],
  },
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    reporters: ["default", ["json", { outputFile: ".cache/tests.json" }]],
  },
});
