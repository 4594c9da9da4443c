import { describeProvider } from "@mlflow-kit/core/testing";
import { describe, it } from "vitest";
import { token } from "../src/index.ts";

const secret = "SENTINEL-9f2c";
const common = { test: it, name: "token", headers: { authorization: `Bearer ${secret}` }, secrets: [secret] };

describe("from the environment", () => {
  describeProvider({
    ...common,
    make: () => token(),
    env: { MLFLOW_TRACKING_TOKEN: secret },
    skipped: [{}, { MLFLOW_TRACKING_TOKEN: "" }],
    broken: [
      { MLFLOW_TRACKING_TOKEN: `Bearer ${secret}` },
      { MLFLOW_TRACKING_TOKEN: secret, MLFLOW_TRACKING_AUTH: "entra" },
      { MLFLOW_TRACKING_AUTH: "kubernetes" },
    ],
  });
});

describe("from a function", () => {
  describeProvider({ ...common, make: () => token(async () => ({ token: secret })), env: {}, skipped: [] });
});

describe("from a command", () => {
  const command = [process.execPath, "-p", "process.env.WHERE"] as const;
  describeProvider({ ...common, make: () => token({ command }), env: { WHERE: secret }, skipped: [] });
});
