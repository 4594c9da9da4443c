import { lazy, startBearerGate, startMlflow, startNginx } from "@mlflow-kit/testing";
import { afterAll, expect, it } from "vitest";
import { describeWith } from "./describe-with.ts";

/** The servers themselves: that a refusal in another suite means what it seems to mean. */
describeWith("MLflow", "the real MLflow", () => {
  const mlflow = lazy(() => startMlflow({ defaultPermission: "NO_PERMISSIONS" }));
  afterAll(mlflow.close);

  it("knows its users and their permissions", async () => {
    const server = await mlflow();
    const ada = await server.createUser("ada", "correct horse battery");
    const id = await server.createExperiment("private");
    const get = () => server.call("GET", `/api/2.0/mlflow/experiments/get?experiment_id=${id}`, undefined, ada);
    await expect(get()).rejects.toThrow("403 Permission denied");
    await server.permit("ada", id, "READ");
    await expect(get()).resolves.toMatchObject({ experiment: { name: "private" } });
  });

  it("is reached through a gate only with the right token", async () => {
    const { url, admin } = await mlflow();
    const basic = `Basic ${Buffer.from(`${admin.username}:${admin.password}`).toString("base64")}`;
    await using gate = await startBearerGate({
      upstream: url,
      accepts: (token) => token === "right",
      upstreamAuthorization: basic,
    });
    const call = (token: string) =>
      fetch(new URL("/api/2.0/mlflow/users/current", gate.url), { headers: { authorization: `Bearer ${token}` } });
    expect((await call("wrong")).status).toBe(401);
    expect(await (await call("right")).json()).toMatchObject({ user: { username: "admin" } });
  });
});

describeWith("nginx", "nginx", () => {
  it("serves one server block", async () => {
    await using nginx = await startNginx((folder) => `root ${folder};`, {
      files: { page: "hello" },
    });
    expect(await (await fetch(new URL("/page", nginx.url))).text()).toBe("hello");
  });
});
