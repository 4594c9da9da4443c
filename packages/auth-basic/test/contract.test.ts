import { describeProvider } from "@mlflow-kit/core/testing";
import { describe, it } from "vitest";
import { basic } from "../src/index.ts";

const secret = "SENTINEL-9f2c";
const headers = { authorization: `Basic ${Buffer.from(`me:${secret}`).toString("base64")}` };
const common = { test: it, name: "basic", headers, secrets: [secret] };

describe("from the environment", () => {
  describeProvider({
    ...common,
    make: () => basic(),
    env: { MLFLOW_TRACKING_USERNAME: "me", MLFLOW_TRACKING_PASSWORD: secret },
    skipped: [{}, { MLFLOW_TRACKING_USERNAME: "", MLFLOW_TRACKING_PASSWORD: "" }],
    broken: [
      { MLFLOW_TRACKING_USERNAME: secret },
      { MLFLOW_TRACKING_PASSWORD: secret },
      { MLFLOW_TRACKING_USERNAME: `${secret}:`, MLFLOW_TRACKING_PASSWORD: secret },
    ],
  });
});

describe("from options", () => {
  describeProvider({ ...common, make: () => basic({ username: "me", password: secret }), env: {}, skipped: [] });
});

describe("from a function", () => {
  describeProvider({ ...common, make: () => basic({ username: "me", password: () => secret }), env: {}, skipped: [] });
});
