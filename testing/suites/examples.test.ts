import { findMlflowPython, startMlflow } from "@mlflow-kit/testing";
import { afterEach, describe, expect, test, vi } from "vitest";

describe.skipIf(!findMlflowPython())("examples against MLflow (skipped without it: npm run servers)", () => {
  afterEach(() => vi.unstubAllEnvs());

  test("a trace of the OpenTelemetry exporter is read back by its id", async () => {
    await using mlflow = await startMlflow();
    const { username, password } = await mlflow.createUser("ada", "correct horse battery");
    const experiment = await mlflow.createExperiment("traces");
    await mlflow.permit(username, experiment, "EDIT");
    vi.stubEnv("MLFLOW_TRACKING_URI", mlflow.url.href);
    vi.stubEnv("MLFLOW_TRACKING_USERNAME", username);
    vi.stubEnv("MLFLOW_TRACKING_PASSWORD", password);
    vi.stubEnv("MLFLOW_EXPERIMENT_ID", experiment);
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    await import("../../examples/opentelemetry.ts");
    const id = String(log.mock.calls[0]?.[0]);
    log.mockRestore();
    expect(id).toMatch(/^tr-[0-9a-f]{32}$/);
    expect(JSON.stringify(await mlflow.call("GET", `/api/3.0/mlflow/traces/${id}`))).toContain(id);
  });
});
