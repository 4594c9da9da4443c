import { basic } from "@mlflow-kit/auth-basic";
import { createClient, type MlflowClient } from "@mlflow-kit/core";
import { lazy, type MlflowServer, startMlflow, startNginx } from "@mlflow-kit/testing";
import { afterAll, expect, it } from "vitest";
import { describeWith } from "./describe-with.ts";
import { whoAmI } from "./who-am-i.ts";

function connect(trackingUri: string, server: MlflowServer, login = server.admin): MlflowClient {
  return createClient({ trackingUri, auth: basic(login), env: {}, log: { debug() {}, warn() {} } });
}

describeWith("MLflow", "MLflow below a path", () => {
  const server = lazy(() => startMlflow({ staticPrefix: "/team/mlflow" }));
  afterAll(server.close);

  it.each(["", "/"])("is reached by --static-prefix (with %j at the end of the URI)", async (end) => {
    const mlflow = await server();
    expect(mlflow.url.pathname).toBe("/team/mlflow");
    await using client = connect(mlflow.url.href + end, mlflow);
    expect(await whoAmI(client)).toBe("admin");
    const { experiment_id } = await client.request("POST mlflow/experiments/create", { name: `below a path${end}` });
    const { experiment } = await client.request("GET mlflow/experiments/get", { experiment_id });
    expect(experiment.name).toBe(`below a path${end}`);
  });

  it("is not found without the prefix, and that is no authentication error", async () => {
    const mlflow = await server();
    await using client = connect(mlflow.url.origin, mlflow);
    await expect(client.validate()).rejects.not.toMatchObject({ name: "HttpAuthError" });
  });

  describeWith("nginx", "and behind a reverse proxy", () => {
    it("is reached by the path that the proxy maps to it", async () => {
      const mlflow = await server();
      await using nginx = await startNginx(
        `location /ml/ { proxy_pass ${mlflow.url.href}/; proxy_set_header Host $http_host; }`,
      );
      await using client = connect(new URL("/ml", nginx.url).href, mlflow);
      expect(await whoAmI(client)).toBe("admin");
      await using stranger = connect(new URL("/ml", nginx.url).href, mlflow, {
        ...mlflow.admin,
        password: "not this one",
      });
      await expect(stranger.validate()).rejects.toMatchObject({ code: "ERR_HTTP_UNAUTHENTICATED" });
    });
  });
});

describeWith("MLflow", "MLflow that knows its own name", () => {
  const server = lazy(() => startMlflow({ allowedHosts: "localhost:*", defaultPermission: "NO_PERMISSIONS" }));
  afterAll(server.close);

  it("refuses another name, which is told apart from a missing permission", async () => {
    const mlflow = await server();
    const named = `http://localhost:${mlflow.url.port}`;
    await using admin = connect(named, mlflow);
    const { experiment_id } = await admin.request("POST mlflow/experiments/create", { name: "private" });
    const ada = { username: "ada", password: "correct horse battery" };
    await admin.request("POST mlflow/users/create", ada);

    await using permitted = connect(named, mlflow, ada);
    const get = permitted.request("GET mlflow/experiments/get", { experiment_id });
    await expect(get).rejects.toMatchObject({ code: "ERR_HTTP_FORBIDDEN", status: 403 });

    await using elsewhere = connect(mlflow.url.href, mlflow, ada);
    const refused = elsewhere.request("GET mlflow/experiments/get", { experiment_id });
    await expect(refused).rejects.toMatchObject({ code: "ERR_HTTP_HOST", status: 403 });
    await expect(refused).rejects.not.toThrow("Access forbidden");
    await expect(refused).rejects.toMatchObject({ hint: expect.stringContaining("--allowed-hosts") });
  });
});
