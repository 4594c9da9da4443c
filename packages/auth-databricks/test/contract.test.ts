import { describeProvider } from "@mlflow-kit/core/testing";
import { describe, test } from "vitest";
import { databricks } from "../src/databricks.ts";

const host = { DATABRICKS_HOST: "https://h" };
const context = { trackingUri: undefined };

describe("pat", () => {
  describeProvider({
    test,
    name: "databricks",
    make: () => databricks(),
    context,
    env: { ...host, DATABRICKS_TOKEN: "dapi-SENTINEL" },
    headers: { authorization: "Bearer dapi-SENTINEL" },
    secrets: ["dapi-SENTINEL"],
    skipped: [{}, { DATABRICKS_TOKEN: "dapi-SENTINEL" }],
    broken: [
      host,
      { ...host, DATABRICKS_TOKEN: "dapi-SENTINEL\n" },
      { ...host, DATABRICKS_TOKEN: "dapi-SENTINEL", DATABRICKS_USERNAME: "u" },
      { ...host, DATABRICKS_CONFIG_PROFILE: "p", DATABRICKS_CONFIG_FILE: "/" },
      { DATABRICKS_HOST: "https://u:dapi-SENTINEL@h", DATABRICKS_TOKEN: "t" },
      { ...host, ARM_USE_MSI: "dapi-SENTINEL" },
    ],
  });
});

describe("basic", () => {
  describeProvider({
    test,
    name: "databricks",
    make: () => databricks({ username: "me" }),
    context,
    env: { ...host, DATABRICKS_PASSWORD: "SENTINEL-password" },
    headers: { authorization: `Basic ${Buffer.from("me:SENTINEL-password").toString("base64")}` },
    secrets: ["SENTINEL-password"],
    skipped: [],
    broken: [{ ...host, DATABRICKS_PASSWORD: "SENTINEL-password\u0000" }],
  });
});

describe("oauth-m2m", () => {
  describeProvider({
    test,
    name: "databricks",
    make: () => databricks(),
    context: {
      ...context,
      send: async ({ url }) => {
        const json = url.pathname.endsWith("/token")
          ? { access_token: "SENTINEL-token", token_type: "Bearer", expires_in: 3600 }
          : { token_endpoint: "https://h/oidc/v1/token" };
        const text = JSON.stringify(json);
        const bytes = new TextEncoder().encode(text);
        return {
          status: 200,
          headers: {},
          body: {
            text: async () => text,
            bytes: async () => bytes,
            cancel: () => {},
            async *[Symbol.asyncIterator]() {
              yield bytes;
            },
          },
        };
      },
    },
    env: { ...host, DATABRICKS_CLIENT_ID: "id", DATABRICKS_CLIENT_SECRET: "SENTINEL-secret" },
    headers: { authorization: "Bearer SENTINEL-token" },
    secrets: ["SENTINEL-secret", "SENTINEL-token"],
    skipped: [],
    broken: [{ ...host, DATABRICKS_CLIENT_SECRET: "SENTINEL-secret" }],
  });
});
