import { createClient, type MlflowClient, RestError } from "@mlflow-kit/core";
import { onTestFinished } from "vitest";
import { type MockOptions, mock } from "../src/index.ts";

/** A client of an embedded MLflow that sees nothing of the machine. */
export function embedded(options?: MockOptions): MlflowClient {
  const client = createClient({ auth: mock(options), env: {}, retry: false });
  onTestFinished(() => client.close());
  return client;
}

/** What a refused call says, as `"CODE: message"`, with its status. */
export async function refusal(call: Promise<unknown>): Promise<[number, string]> {
  const error = await call.then(
    (answer) => Promise.reject(new Error(`not refused: ${JSON.stringify(answer)}`)),
    (error: unknown) => error,
  );
  if (!(error instanceof RestError)) throw error;
  return [error.status, error.message];
}

/** An experiment and a run in it. */
export async function newRun(client: MlflowClient, name = "an experiment") {
  const { experiment_id } = await client.request("POST mlflow/experiments/create", { name });
  const { run } = await client.request("POST mlflow/runs/create", { experiment_id, run_name: "a run" });
  return { experiment_id, run_id: run.info.run_id };
}
