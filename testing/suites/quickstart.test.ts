import { join } from "node:path";
import { repository, startMlflow } from "@mlflow-kit/testing";
import { expect, it } from "vitest";
import { command } from "./command.ts";
import { describeWith } from "./describe-with.ts";

const cwd = join(repository, "examples/quickstart");
const own = Object.keys(process.env).filter((name) => name.startsWith("MLFLOW_"));
const cleared = Object.fromEntries(own.map((name) => [name, undefined]));
const quickstart = (env: Record<string, string> = {}) =>
  command(process.execPath, ["quickstart.mjs"], { cwd, env: { ...cleared, HOME: "/nonexistent", ...env } });

it("the quickstart runs against the embedded MLflow, and says who was chosen and who was refused", async () => {
  const printed = await quickstart();
  expect(printed).toMatch(/^selected +basic: MLFLOW_TRACKING_USERNAME, MLFLOW_TRACKING_PASSWORD$/m);
  for (const name of ["mtls", "databricks", "sigv4", "token"]) {
    expect(printed).toMatch(new RegExp(`^skipped +${name}: .* (is|are) (not )?set`, "m"));
  }
  expect(printed).toMatch(/^read back +learning_rate=0\.01, loss=0\.9 0\.5 0\.3, team=quickstart$/m);
  expect(printed).toMatch(/^refused +MLflow authentication error \(HTTP 401\): Invalid credentials$/m);
  expect(printed).toMatch(/^hint +\S/m);
});

describeWith("MLflow", "the quickstart against a real MLflow", () => {
  it("uses the environment's own credentials, and the server has the run", async () => {
    await using server = await startMlflow();
    const ada = await server.createUser("ada", "correct horse battery");
    const printed = await quickstart({
      MLFLOW_TRACKING_URI: server.url.href,
      MLFLOW_TRACKING_USERNAME: ada.username,
      MLFLOW_TRACKING_PASSWORD: ada.password,
    });
    expect(printed).toMatch(/^refused +MLflow authentication error \(HTTP 401\)/m);
    const run = /^run +(\w+): FINISHED$/m.exec(printed)?.[1];
    const stored = await server.call("GET", `/api/2.0/mlflow/runs/get?run_id=${run}`);
    expect(stored).toMatchObject({ run: { data: { params: [{ key: "learning_rate", value: "0.01" }] } } });
  });
});
