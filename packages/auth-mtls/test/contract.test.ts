import { describeProvider } from "@mlflow-kit/core/testing";
import { describe, it } from "vitest";
import { mtls } from "../src/index.ts";
import { authority, folder } from "./files.ts";

const { cert, key } = authority.issue();
const other = authority.issue().key;
const files = folder({ cert, key, other, both: cert + key, garbage: "SENTINEL-9f2c" });
const secrets = [key, key.split("\n")[1]!, "SENTINEL-9f2c"];
const common = { test: it, name: "mtls", secrets };
const certPath = "MLFLOW_TRACKING_CLIENT_CERT_PATH";
const keyPath = "MLFLOW_TRACKING_CLIENT_KEY_PATH";

describe("from two variables", () => {
  describeProvider({
    ...common,
    make: () => mtls(),
    env: { [certPath]: files.path("cert"), [keyPath]: files.path("key") },
    skipped: [{}, { [certPath]: "", [keyPath]: "" }],
    broken: [
      { [keyPath]: files.path("key") },
      { [certPath]: files.path("cert") },
      { [certPath]: files.path("none"), [keyPath]: files.path("key") },
      { [certPath]: files.path("cert"), [keyPath]: files.path("other") },
      { [certPath]: files.path("garbage"), [keyPath]: files.path("garbage") },
      { [certPath]: cert, [keyPath]: key },
    ],
  });
});

describe("from one variable", () => {
  describeProvider({ ...common, make: () => mtls(), env: { [certPath]: files.path("both") } });
});

describe("from options", () => {
  describeProvider({ ...common, make: () => mtls({ cert, key }), env: {}, skipped: [] });
});
