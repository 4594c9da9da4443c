import { describe, expect, test } from "vitest";
import { readSettings } from "../src/settings.ts";

describe("readSettings", () => {
  test("MLflow's names, units and defaults", () => {
    expect(readSettings({}, {})).toEqual({
      timeoutMs: 120_000,
      deadlineMs: 300_000,
      workspace: undefined,
      retry: { maxRetries: 7, backoffFactor: 2, jitter: 1, respectRetryAfter: true },
    });
    const env = {
      MLFLOW_HTTP_REQUEST_TIMEOUT: "2.5",
      MLFLOW_HTTP_REQUEST_MAX_RETRIES: "0",
      MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR: "3",
      MLFLOW_HTTP_REQUEST_BACKOFF_JITTER: "0",
      MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER: "False",
      MLFLOW_WORKSPACE: "team",
    };
    expect(readSettings({}, env)).toEqual({
      timeoutMs: 2_500,
      deadlineMs: 300_000,
      workspace: "team",
      retry: { maxRetries: 0, backoffFactor: 3, jitter: 0, respectRetryAfter: false },
    });
  });

  test("options come first, and an empty variable is unset", () => {
    const env = { MLFLOW_HTTP_REQUEST_TIMEOUT: "", MLFLOW_WORKSPACE: "env" };
    expect(readSettings({ workspace: "option", retry: false }, env)).toMatchObject({
      timeoutMs: 120_000,
      workspace: "option",
      retry: { maxRetries: 0 },
    });
  });

  test.each(["yes", "on", " true ", "2", "maybe"])(
    "C04 a boolean of %j is an error that names the variable",
    (value) => {
      expect(() => readSettings({}, { MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER: value })).toThrow(
        /MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER/,
      );
    },
  );

  test.each(["-1", "many", "NaN", "Infinity", "1e999"])(
    "a number of %j is an error that names the variable",
    (value) => {
      expect(() => readSettings({}, { MLFLOW_HTTP_REQUEST_TIMEOUT: value })).toThrow(/MLFLOW_HTTP_REQUEST_TIMEOUT/);
    },
  );

  test.each([
    { timeoutMs: -1 },
    { deadlineMs: Number.NaN },
    { retry: { maxRetries: 1e12 } },
    { timeoutMs: "5" as never },
  ])("the option %j is an error", (options) => {
    expect(() => readSettings(options, {})).toThrow(expect.objectContaining({ code: "ERR_OPTION" }));
  });
});
