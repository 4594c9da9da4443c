import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { inspect } from "node:util";
import { type AuthContext, AuthError } from "@mlflow-kit/core";
import { afterAll, describe, expect, it } from "vitest";
import { token } from "../src/index.ts";
import { credentialOf, headersOf, jwt, testContext } from "./context.ts";

const root = mkdtempSync(join(tmpdir(), "kubernetes-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const secret = "SENTINEL-9f2c";
const nowhere = join(root, "nowhere");
let folders = 0;

/** A folder with these files. */
function folder(files: Record<string, string>): string {
  const path = join(root, `folder${folders++}`);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(path, name, ".."), { recursive: true });
    writeFileSync(join(path, name), content);
    chmodSync(join(path, name), 0o755);
  }
  return path;
}

const pod = folder({ token: "pod-token\n", namespace: "pod-namespace\n" });
const env = { MLFLOW_TRACKING_AUTH: "kubernetes" };
const namespaced = { MLFLOW_TRACKING_AUTH: "kubernetes-namespaced" };

interface Given {
  readonly env?: Record<string, string>;
  readonly homeDir?: string;
  readonly dir?: string;
  readonly headers?: Record<string, string>;
}

async function use({ dir = nowhere, headers, ...fields }: Given) {
  const context = testContext(fields as Partial<AuthContext>);
  const auth = await token({ serviceAccountDir: dir }).resolve(context);
  const credential = await credentialOf(auth, context);
  return {
    credential,
    sent: await headersOf(credential, { ...headers }),
    source: auth?.source,
    warned: context.warned,
  };
}

async function refused(given: Given): Promise<AuthError> {
  const error = await use(given).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(AuthError);
  expect((error as Error).message).toMatch(/^token: /);
  expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain("SENTINEL");
  return error as AuthError;
}

const user = (fields: object, namespace: string | undefined = "dev") => ({
  "current-context": "c",
  contexts: [
    { name: "other", context: { user: "other", namespace: "other" } },
    { name: "c", context: { user: "u", cluster: "k", namespace } },
  ],
  users: [
    { name: "other", user: { token: secret } },
    { name: "u", user: fields },
  ],
  clusters: [{ name: "k", cluster: { server: "https://k.example.com" } }],
});
const home = (config: object | string, files: Record<string, string> = {}) =>
  folder({ ...files, ".kube/config": typeof config === "string" ? config : JSON.stringify(config) });

describe("MLFLOW_TRACKING_AUTH", () => {
  it("sends the pod's token, and its namespace when that is asked for", async () => {
    const { sent, source, credential } = await use({ env, dir: pod });
    expect(sent).toEqual({ authorization: "Bearer pod-token" });
    expect(source).toBe(`MLFLOW_TRACKING_AUTH is kubernetes (${join(pod, "token")})`);
    expect(credential.refreshAt!.getTime() - Date.now()).toBeLessThanOrEqual(60_000);
    expect((await use({ env: namespaced, dir: pod })).sent).toEqual({
      authorization: "Bearer pod-token",
      "x-mlflow-workspace": "pod-namespace",
    });
  });

  it("leaves a workspace that the caller chose", async () => {
    const { sent } = await use({ env: namespaced, dir: pod, headers: { "x-mlflow-workspace": "mine" } });
    expect(sent["x-mlflow-workspace"]).toBe("mine");
    const alone = folder({ token: "t" });
    expect(
      (await use({ env: namespaced, dir: alone, headers: { "x-mlflow-workspace": "mine" } })).sent.authorization,
    ).toBe("Bearer t");
  });

  it("names no workspace to the calls that manage them", async () => {
    const { credential } = await use({ env: namespaced, dir: pod });
    const url = new URL("https://mlflow.example.com/api/3.0/mlflow/workspaces/a");
    const request = { method: "GET", url, headers: {} };
    await credential.authorize(request);
    expect(request.headers).toEqual({ authorization: "Bearer pod-token" });
  });

  it("is an error when it has another value", async () => {
    for (const value of ["entra", "Kubernetes", secret, "constructor"]) {
      const error = await refused({ env: { MLFLOW_TRACKING_AUTH: value, MLFLOW_TRACKING_TOKEN: "t" }, dir: pod });
      expect(error).toMatchObject({
        code: "ERR_ENV",
        message: "token: MLFLOW_TRACKING_AUTH is neither kubernetes nor kubernetes-namespaced",
      });
    }
  });

  it("is an error when there is neither a service account nor a kubeconfig", async () => {
    const error = await refused({ env });
    expect(error.code).toBe("ERR_AUTH_FILE");
    expect(error.message).toContain(JSON.stringify(join(nowhere, "token")));
    expect(error.message).toContain("/nonexistent/.kube/config");
  });

  it("C09 gives way to MLFLOW_TRACKING_TOKEN, which it complements by the namespace", async () => {
    const both = await use({ env: { ...env, MLFLOW_TRACKING_TOKEN: "mine" }, dir: pod });
    expect(both.sent).toEqual({ authorization: "Bearer mine" });
    expect(both.warned).toEqual([expect.stringMatching(/MLFLOW_TRACKING_TOKEN and MLFLOW_TRACKING_AUTH are both set/)]);
    expect((await use({ env: { ...namespaced, MLFLOW_TRACKING_TOKEN: "mine" }, dir: pod })).sent).toEqual({
      authorization: "Bearer mine",
      "x-mlflow-workspace": "pod-namespace",
    });
  });

  it("has options that do the same", async () => {
    const context = testContext();
    const headers = async (kubernetes: true | "namespaced") =>
      headersOf(await credentialOf(await token({ kubernetes, serviceAccountDir: pod }).resolve(context), context));
    expect(await headers(true)).toEqual({ authorization: "Bearer pod-token" });
    expect(await headers("namespaced")).toHaveProperty("x-mlflow-workspace", "pod-namespace");
    for (const kubernetes of [false, "", "kubernetes", 1]) {
      await expect(token({ kubernetes: kubernetes as true }).resolve(context)).rejects.toMatchObject({
        code: "ERR_OPTION",
      });
    }
  });

  it("T23 reads a rotated token, and sends no empty one", async () => {
    const dir = folder({ token: "one" });
    const context = testContext({ env, homeDir: home(user({ token: "of somebody else" })) });
    const auth = await token({ serviceAccountDir: dir }).resolve(context);
    expect(await headersOf(await credentialOf(auth, context))).toEqual({ authorization: "Bearer one" });
    writeFileSync(join(dir, "token"), "two");
    expect(await headersOf(await credentialOf(auth, context))).toEqual({ authorization: "Bearer two" });
    writeFileSync(join(dir, "token"), "");
    await expect(credentialOf(auth, context)).rejects.toMatchObject({ code: "ERR_AUTH_FILE" });
    rmSync(join(dir, "token"));
    await expect(credentialOf(auth, context)).rejects.toMatchObject({ code: "ERR_AUTH_FILE" });
  });

  it("refuses a namespace that is none", async () => {
    for (const namespace of ["a\r\nX: y", "A", "a/b", "-a", "a".repeat(64)]) {
      expect(await refused({ env: namespaced, dir: folder({ token: "t", namespace }) })).toMatchObject({
        code: "ERR_AUTH_INCOMPLETE",
      });
    }
    expect((await refused({ env: namespaced, dir: folder({ token: "t" }) })).hint).toMatch(/MLFLOW_WORKSPACE/);
  });
});

describe("the kubeconfig", () => {
  it("gives the token and the namespace of its active context, each on its own", async () => {
    const homeDir = home(user({ token: "kube-token" }));
    expect((await use({ env: namespaced, homeDir })).sent).toEqual({
      authorization: "Bearer kube-token",
      "x-mlflow-workspace": "dev",
    });
    const dir = folder({ token: "pod-token" });
    expect((await use({ env: namespaced, homeDir, dir })).sent).toEqual({
      authorization: "Bearer pod-token",
      "x-mlflow-workspace": "dev",
    });
    expect((await use({ env: namespaced, homeDir, dir: folder({ namespace: "pod" }) })).sent).toEqual({
      authorization: "Bearer kube-token",
      "x-mlflow-workspace": "pod",
    });
  });

  it("may be YAML", async () => {
    const yaml = [
      "apiVersion: v1",
      "current-context: c # comment",
      "contexts:",
      "- context: {user: u, namespace: dev}",
      "  name: c",
      "users:",
      "- name: u",
      "  user:",
      "    token: kube-token",
    ].join("\n");
    expect((await use({ env: namespaced, homeDir: home(yaml) })).sent).toEqual({
      authorization: "Bearer kube-token",
      "x-mlflow-workspace": "dev",
    });
  });

  it("may name a token file, relative to itself, which is preferred", async () => {
    const homeDir = home(user({ token: secret, tokenFile: "tokens/t" }), { ".kube/tokens/t": "file-token\n" });
    expect((await use({ env, homeDir })).sent).toEqual({ authorization: "Bearer file-token" });
  });

  it("may be several files: the first to name a thing wins", async () => {
    const { contexts, ...first } = user({ token: "first" });
    const second = { contexts, users: [{ name: "u", user: { token: secret } }], "current-context": "other" };
    const dir = folder({ a: JSON.stringify(first), b: JSON.stringify(second) });
    const KUBECONFIG = ["", join(dir, "none"), join(dir, "a"), join(dir, "b")].join(delimiter);
    expect((await use({ env: { ...namespaced, KUBECONFIG } })).sent).toEqual({
      authorization: "Bearer first",
      "x-mlflow-workspace": "dev",
    });
  });

  it("C01 C07 C08 is an error when it lacks something or cannot be understood, and is not echoed", async () => {
    const whole = user({ token: "t" });
    for (const config of [
      `users: [${secret}`,
      `a: &a [${secret}]\nb: *c`,
      `"${secret}"`,
      "[]",
      "{}",
      "",
      { ...whole, "current-context": "none" },
      { ...whole, contexts: secret },
      { ...whole, users: [] },
      user({}),
      user({ token: 7 }),
      user({ token: `${secret} ${secret}` }),
      user({ tokenFile: "/none" }),
      user({ exec: {} }),
      user({ exec: { command: 7 } }),
      JSON.parse('{"__proto__": {"current-context": "c"}}'),
    ]) {
      expect(await refused({ env, homeDir: home(config) })).toMatchObject({ code: "ERR_AUTH_FILE" });
    }
  });
});

describe("an exec plugin", () => {
  const apiVersion = "client.authentication.k8s.io/v1";
  const exec = (script: string, more: object = {}) =>
    user({ exec: { apiVersion, command: process.execPath, args: ["-e", script], ...more } });
  const print = (status: object, more: object = {}) =>
    `console.log(${JSON.stringify(JSON.stringify({ kind: "ExecCredential", apiVersion, status, ...more }))})`;

  it("P01 is run without a shell, with its variables, and tells when its token expires", async () => {
    const script = `
      const info = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
      const token = [process.env.EXTRA, process.env.KEPT, info.kind, info.spec.interactive, "cluster" in info.spec].join(".");
      console.log(JSON.stringify({ kind: "ExecCredential", apiVersion: info.apiVersion, status: { token, expirationTimestamp: "2030-01-01T00:00:00Z" } }))`;
    const config = exec(script, { env: [{ name: "EXTRA", value: "extra" }] });
    const { sent, credential } = await use({ env: { ...env, KEPT: "kept" }, homeDir: home(config) });
    expect(sent).toEqual({ authorization: "Bearer extra.kept.ExecCredential.false.false" });
    expect(credential.expiresAt).toEqual(new Date("2030-01-01T00:00:00Z"));
  });

  it("is handed the cluster when it wants to", async () => {
    const script = `
      const { spec, apiVersion } = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
      console.log(JSON.stringify({ kind: "ExecCredential", apiVersion, status: { token: spec.cluster.server.slice(8) } }))`;
    const { sent } = await use({ env, homeDir: home(exec(script, { provideClusterInfo: true })) });
    expect(sent).toEqual({ authorization: "Bearer k.example.com" });
  });

  it("is looked up relative to the kubeconfig, or along PATH", async () => {
    const exp = Math.floor(Date.now() / 1000) + 600;
    const plugin = `#!${process.execPath}\n${print({ token: jwt({ exp }) })}`;
    const files = { ".kube/bin/plugin.cjs": plugin };
    const relative = home(user({ exec: { apiVersion, command: "./bin/plugin.cjs" } }), files);
    expect((await use({ env, homeDir: relative })).credential.expiresAt).toEqual(new Date(exp * 1000));
    const named = home(user({ exec: { apiVersion, command: "plugin.cjs" } }), files);
    expect((await use({ env: { ...env, PATH: join(named, ".kube/bin") }, homeDir: named })).sent).toHaveProperty(
      "authorization",
    );
    expect(await refused({ env, homeDir: named })).toMatchObject({ code: "ERR_AUTH_COMMAND" });
  });

  it("P02 is an error when it fails or answers something else, and is not echoed", async () => {
    for (const script of [
      `${print({ token: secret })}; process.exit(1)`,
      `console.log("${secret}")`,
      "",
      print({ token: secret }, { kind: "Secret" }),
      print({ token: secret }, { apiVersion: "client.authentication.k8s.io/v1beta1" }),
      print({ clientCertificateData: secret }),
      print({ token: `${secret}\n` }),
      print({ token: secret, expirationTimestamp: "tomorrow" }),
    ]) {
      expect(await refused({ env, homeDir: home(exec(script)) })).toMatchObject({ code: "ERR_AUTH_COMMAND" });
    }
  });
});
