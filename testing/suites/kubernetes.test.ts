import { basic } from "@mlflow-kit/auth-basic";
import { token } from "@mlflow-kit/auth-token";
import { chain, createClient } from "@mlflow-kit/core";
import { lazy, startBearerGate, startMlflow, temporaryHome } from "@mlflow-kit/testing";
import { afterAll, expect, it } from "vitest";
import { describeWith } from "./describe-with.ts";
import { whoAmI } from "./who-am-i.ts";

describeWith("MLflow", "a service account before MLflow", () => {
  const server = lazy(() => startMlflow({ workspaces: true }));
  afterAll(server.close);

  it("sends its token, and its namespace as the workspace", async () => {
    const mlflow = await server();
    await mlflow.call("POST", "/api/3.0/mlflow/workspaces", { name: "team-a" });
    const authorization = `Basic ${Buffer.from(`${mlflow.admin.username}:${mlflow.admin.password}`).toString("base64")}`;
    let accepted = "first.service.account";
    await using gate = await startBearerGate({
      upstream: mlflow.url,
      accepts: (bearer) => bearer === accepted,
      upstreamAuthorization: authorization,
    });
    await using account = await temporaryHome({ token: "first.service.account\n", namespace: "team-a" });
    await using client = createClient({
      auth: chain(token({ serviceAccountDir: account.path }), basic()),
      env: { MLFLOW_TRACKING_URI: gate.url.href, MLFLOW_TRACKING_AUTH: "kubernetes-namespaced" },
      homeDir: "/nonexistent",
      log: { debug() {}, warn() {} },
    });

    expect(await whoAmI(client)).toBe("admin");
    const { experiment_id } = await client.request("POST mlflow/experiments/create", { name: "in the workspace" });
    const sent = gate.requests.map(({ headers }) => headers);
    expect(sent.map((headers) => headers.authorization)).toEqual(sent.map(() => "Bearer first.service.account"));
    expect(sent.map((headers) => headers["x-mlflow-workspace"])).toEqual(sent.map(() => "team-a"));

    const search = async (workspace: string) => {
      const response = await fetch(new URL("/api/2.0/mlflow/experiments/search?max_results=100", mlflow.url), {
        headers: { authorization, "x-mlflow-workspace": workspace },
      });
      const { experiments = [] } = (await response.json()) as { experiments?: { experiment_id: string }[] };
      return experiments.map((experiment) => experiment.experiment_id);
    };
    expect(await search("team-a")).toContain(experiment_id);
    expect(await search("default")).not.toContain(experiment_id);

    await account.write("token", "second.service.account\n");
    accepted = "second.service.account";
    expect(await whoAmI(client)).toBe("admin");
    expect(gate.requests.at(-1)?.headers.authorization).toBe("Bearer second.service.account");
  });
});
