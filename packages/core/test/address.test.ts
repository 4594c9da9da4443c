import { describe, expect, test } from "vitest";
import { isLoopback, parseAddress } from "../src/address.ts";
import { MlflowError } from "../src/errors.ts";

const owner = "MLFLOW_TRACKING_URI";

function refusal(uri: string): MlflowError {
  try {
    parseAddress(uri, owner);
  } catch (error) {
    if (MlflowError.is(error)) return error;
    throw error;
  }
  throw new Error(`${uri} was accepted`);
}

describe("parseAddress", () => {
  test("U01 userinfo is decoded once and kept out of the address", () => {
    const address = parseAddress("https://u%3A1:p%40s%2525@h.example/mlflow/", owner);
    expect(address.credentials).toEqual({ username: "u:1", password: "p@s%25" });
    expect(address.uri).toBe("https://h.example/mlflow");
    expect(address.base?.href).toBe("https://h.example/mlflow");
  });

  test.each(["https://u:SENTINEL%ZZ@h", "https://u:SENTINEL%E9@h"])("U02 %s is refused without being shown", (uri) => {
    const error = refusal(uri);
    expect(error.code).toBe("ERR_TRACKING_URI");
    expect(JSON.stringify([error.message, error.stack, error.hint])).not.toContain("SENTINEL");
  });

  test.each(["http://u:SENTINEL@h:bad", "https://", "http://[::1"])("U04 %s is refused without being shown", (uri) => {
    const error = refusal(uri);
    expect(error.code).toBe("ERR_TRACKING_URI");
    expect(JSON.stringify({ ...error, message: error.message, stack: error.stack })).not.toContain("SENTINEL");
  });

  test.each([
    "ftp://h/x",
    "file:///tmp/mlruns",
    "javascript:alert(1)",
    "unix:/run/x",
    "./mlruns",
    "sqlite:///mlflow.db",
    "mlruns",
  ])("U07 %s is no server, and the hint points to the mock", (uri) => {
    const error = refusal(uri);
    expect(error.code).toBe("ERR_TRACKING_URI");
    expect(error.hint).toContain("@mlflow-kit/mock");
  });

  test.each(["mlflow.example.com", "localhost:5000", "127.0.0.1:5000", ' "http://h"'])(
    "%s lacks its scheme, and is told so",
    (uri) => {
      expect(refusal(uri).message).toBe("MLFLOW_TRACKING_URI is a path, or lacks its http:// or https://");
      expect(refusal(uri).hint).toContain("beginning with http:// or https://");
    },
  );

  test.each([
    "databricks",
    "databricks://profile",
    "databricks-uc",
    "arn:aws:sagemaker:eu-west-1:1:mlflow-tracking-server/x",
  ])("%s is left to a provider", (uri) => {
    expect(parseAddress(uri, owner)).toEqual({ uri });
  });

  test("a query and a trailing slash are dropped, a prefix is kept", () => {
    expect(parseAddress("http://127.0.0.1:5000/a/b//?x=1#y", owner).base?.href).toBe("http://127.0.0.1:5000/a/b");
  });
});

describe("isLoopback", () => {
  test.each(["127.0.0.1", "127.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]", "localhost", "localhost."])(
    "U06 %s stays on this machine",
    (host) => {
      expect(isLoopback(new URL(`http://${host}:5000`))).toBe(true);
    },
  );

  test.each([
    "localhost.evil.example",
    "127.0.0.1@evil.example",
    "127.0.0.1.evil.example",
    "127evil.example",
    "10.0.0.1",
    "[::2]",
    "128.0.0.1",
  ])("U06 %s does not", (host) => {
    expect(isLoopback(new URL(`http://${host}/`))).toBe(false);
  });
});
