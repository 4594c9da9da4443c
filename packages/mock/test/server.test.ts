import { ConnectionError, createClient, HttpAuthError, type MlflowClient } from "@mlflow-kit/core";
import { basicAuthorization } from "@mlflow-kit/core/provider";
import { describe, expect, it, onTestFinished } from "vitest";
import { createMockServer, createStore, type MockServerOptions } from "../src/index.ts";
import { embedded, newRun } from "./client.ts";

async function start(options?: MockServerOptions) {
  const server = await createMockServer(options);
  onTestFinished(() => server.close());
  return server;
}

function clientOf(url: URL, authorization?: string): MlflowClient {
  const headers = authorization === undefined ? {} : { authorization };
  const auth = {
    name: "test",
    resolve: () => ({
      source: "the test",
      authorize: (request: { headers: Record<string, string> }) => void Object.assign(request.headers, headers),
    }),
  };
  const client = createClient({ trackingUri: url.href, auth, env: {}, retry: false });
  onTestFinished(() => client.close());
  return client;
}

function login(username: string, password: string): string {
  return basicAuthorization(username, password, { owner: "t", usernameSetting: "u", passwordSetting: "p" });
}

describe("createMockServer()", () => {
  it("answers over HTTP from the store that it is given", async () => {
    const store = createStore();
    const server = await start({ store });
    expect(server.store).toBe(store);
    const { run_id } = await newRun(clientOf(server.url), "über HTTP");
    const { run } = await embedded({ store }).request("GET mlflow/runs/get", { run_id });
    expect(run.info.run_name).toBe("a run");
  });

  it("answers what is asked without MLflow's paths", async () => {
    const { url } = await start();
    const get = async (path: string, init?: RequestInit) => {
      const answer = await fetch(new URL(path, url), init);
      return [answer.status, answer.headers.get("content-type"), (await answer.text()).slice(0, 15)];
    };
    expect(await get("/health")).toEqual([200, "text/plain; charset=utf-8", "OK"]);
    expect(await get("/version")).toEqual([200, "text/html; charset=utf-8", "3.18.0"]);
    expect(await get("/nothing")).toEqual([404, "text/html; charset=utf-8", "<!doctype html>"]);
    expect(await get("/health", { method: "HEAD" })).toEqual([200, "text/plain; charset=utf-8", ""]);
    for (const path of ["/health", "/version", "/api/3.0/mlflow/server-info"]) {
      expect((await get(path, { method: "POST" }))[0]).toBe(405);
    }
    const create = "/api/2.0/mlflow/experiments/create";
    expect((await get(create))[0]).toBe(405);
    expect((await get(create, { method: "OPTIONS" }))[0]).toBe(204);
    expect((await get(create, { method: "POST" }))[0]).toBe(400);
    expect((await get(create, { method: "POST", body: "{}" }))[0]).toBe(400);
    const headers = { "content-type": "application/json" };
    expect((await get(create, { method: "POST", body: "[]", headers }))[0]).toBe(500);
    expect((await get(create, { method: "POST", body: '"{\\"name\\":\\"double\\"}"', headers }))[0]).toBe(200);
    const info = await (await fetch(new URL("/api/3.0/mlflow/server-info", url))).json();
    expect(info).toMatchObject({ store_type: "SqlStore", workspaces_enabled: false });
  });

  describe("behind basic authentication", () => {
    const passwords = { alice: "pass:wörd", eve: "also a password" };
    const auth = { basic: passwords, withoutPermission: ["eve"] };

    it("lets a user in", async () => {
      const { url } = await start({ auth });
      const client = clientOf(url, login("alice", passwords.alice));
      await client.validate();
      const user = async (username: string) => (await client.request("GET mlflow/users/get", { username })).user;
      expect(await user("alice")).toEqual({ id: 1, is_admin: true, username: "alice" });
      expect(await user("eve")).toEqual({ id: 2, is_admin: false, username: "eve" });
      await expect(user("nobody")).rejects.toMatchObject({ status: 404, errorCode: "RESOURCE_DOES_NOT_EXIST" });
    });

    it.each([
      undefined,
      "",
      "Basic",
      "Basic !!!",
      "Bearer x",
      login("alice", passwords.alice).replace(/=+$/, ""),
      login("alice", "wrong"),
      login("nobody", "x"),
      login("__proto__", "x"),
    ])("refuses %s with MLflow's text", async (authorization) => {
      const { url } = await start({ auth });
      const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
      const answer = await fetch(new URL("/version", url), { headers });
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toBe('Basic realm="mlflow"');
      expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
      expect(await answer.text()).toBe(
        "You are not authenticated. Please see https://www.mlflow.org/docs/latest/auth/index.html#authenticating-to-mlflow on how to authenticate.",
      );
      await expect(clientOf(url, authorization).validate()).rejects.toMatchObject({
        code: "ERR_HTTP_UNAUTHENTICATED",
        status: 401,
      });
    });

    it("forbids a user without permission, except for their own account", async () => {
      const { url } = await start({ auth });
      const client = clientOf(url, login("eve", passwords.eve));
      const error = await client.validate().catch((e: unknown) => e);
      expect(error).toBeInstanceOf(HttpAuthError);
      expect(error).toMatchObject({ code: "ERR_HTTP_FORBIDDEN", status: 403, body: "Permission denied" });
      expect((await client.request("GET mlflow/users/get", { username: "eve" })).user.is_admin).toBe(false);
      await expect(client.request("GET mlflow/users/get", { username: "alice" })).rejects.toThrow("403");
      expect((await client.fetch("version")).status).toBe(200);
    });

    it("leaves health and server-info open, and not the version", async () => {
      const { url } = await start({ auth });
      const status = async (path: string) => (await fetch(new URL(path, url))).status;
      expect(await status("/health")).toBe(200);
      expect(await status("/api/3.0/mlflow/server-info")).toBe(200);
      expect(await status("/version")).toBe(401);
      expect(await status("/nothing")).toBe(401);
    });
  });

  it("stands behind a bearer gate", async () => {
    const accepts = (token: string) => token.startsWith("good");
    const { url } = await start({ auth: { bearer: accepts, withoutPermission: ["good-for-little"] } });
    await clientOf(url, "Bearer good-1").validate();
    await expect(clientOf(url, "Bearer bad").validate()).rejects.toMatchObject({ status: 401 });
    await expect(clientOf(url).validate()).rejects.toMatchObject({ status: 401 });
    await expect(clientOf(url, "Bearer good-for-little").validate()).rejects.toMatchObject({ status: 403 });
    const fixed = await start({ auth: { bearer: "one-token" } });
    await clientOf(fixed.url, "Bearer one-token").validate();
    await expect(clientOf(fixed.url, "Bearer other").validate()).rejects.toMatchObject({ status: 401 });
  });

  it("lives below a prefix", async () => {
    const { url } = await start({ staticPrefix: "/team/mlflow/" });
    expect(url.pathname).toBe("/team/mlflow");
    await clientOf(url).validate();
    expect((await fetch(`${url.href}/health`)).status).toBe(200);
    expect((await fetch(new URL("/health", url))).status).toBe(404);
    expect((await fetch(new URL("/team/mlflowx/health", url))).status).toBe(404);
    const gated = await start({ staticPrefix: "/team/mlflow", auth: { bearer: "one-token" } });
    expect((await fetch(new URL("/version", gated.url))).status).toBe(401);
    const headers = { authorization: "Bearer one-token" };
    expect((await fetch(new URL("/version", gated.url), { headers })).status).toBe(404);
  });

  it("takes the port that it is given, and says when it cannot", async () => {
    const { url } = await start();
    await expect(createMockServer({ port: Number(url.port) })).rejects.toThrow("EADDRINUSE");
  });

  it("leaves nothing behind when it is closed, twice", async () => {
    const server = await createMockServer();
    const client = clientOf(server.url);
    await client.validate();
    await server.close();
    await server[Symbol.asyncDispose]();
    await expect(client.validate()).rejects.toThrow(ConnectionError);
  });
});
