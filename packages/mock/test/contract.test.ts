import { describeProvider } from "@mlflow-kit/core/testing";
import { test } from "vitest";
import { mock } from "../src/index.ts";

describeProvider({
  test,
  name: "mock",
  make: () => mock(),
  env: {},
  skipped: [],
  broken: [{ NODE_ENV: "production" }],
});
