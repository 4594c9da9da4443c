import { inspect } from "node:util";
import { basic } from "@mlflow-kit/auth-basic";
import { databricks } from "@mlflow-kit/auth-databricks";
import { mtls } from "@mlflow-kit/auth-mtls";
import { sigv4 } from "@mlflow-kit/auth-sigv4";
import { token } from "@mlflow-kit/auth-token";
import { type AuthProvider, combine, createClient, gatewayHeaders, type MlflowClient } from "@mlflow-kit/core";
import { createAuthority, type RecordedRequest, startServer, temporaryHome } from "@mlflow-kit/testing";
import { describe, expect, test } from "vitest";

/** No part of an ordinary word, and different in every encoding. */
const sentinel = (name: string) => `S3NT-${name}-n3L+x/y~q8`;
const bare = (name: string) => `S3NT-${name}-n3L`;
const authority = createAuthority();
const identity = authority.issue({ name: "client" });

interface Case {
  readonly auth: AuthProvider;
  readonly secrets: readonly string[];
  readonly env?: Record<string, string>;
  readonly files?: Record<string, string>;
  readonly userinfo?: string;
}

/** Every provider in every way that takes a secret; `endpoint` is a token endpoint that repeats what it is told. */
const providers: Record<string, (endpoint: string, home: string) => Case> = {
  "basic from options": () => ({
    auth: basic({ username: "ada", password: sentinel("pw") }),
    secrets: [sentinel("pw")],
  }),
  "basic from the environment": () => ({
    auth: basic(),
    env: { MLFLOW_TRACKING_USERNAME: "ada", MLFLOW_TRACKING_PASSWORD: sentinel("env") },
    secrets: [sentinel("env")],
  }),
  "basic from the address": () => ({
    auth: basic(),
    userinfo: `ada:${encodeURIComponent(sentinel("url"))}@`,
    secrets: [sentinel("url")],
  }),
  "basic from the file": () => ({
    auth: basic(),
    files: {
      ".mlflow/credentials": `[mlflow]\nmlflow_tracking_username = ada\nmlflow_tracking_password = ${sentinel("file")}\n`,
    },
    secrets: [sentinel("file")],
  }),
  "basic from a command": () => ({
    auth: basic({ username: "ada", password: { command: [process.execPath, "-p", JSON.stringify(sentinel("cmd"))] } }),
    secrets: [sentinel("cmd")],
  }),
  "token from options": () => ({ auth: token(bare("tok")), secrets: [bare("tok")] }),
  "token from the environment": () => ({
    auth: token(),
    env: { MLFLOW_TRACKING_TOKEN: bare("etk") },
    secrets: [bare("etk")],
  }),
  "token from a file": (_, home) => ({
    auth: token({ file: `${home}/t` }),
    files: { t: `${bare("ftk")}\n` },
    secrets: [bare("ftk")],
  }),
  "token from a command that fails and prints it": () => ({
    auth: token({ command: [process.execPath, "-e", `console.log(${JSON.stringify(bare("ctk"))}); process.exit(3)`] }),
    secrets: [bare("ctk")],
  }),
  "token from a function": () => ({ auth: token(() => bare("fun")), secrets: [bare("fun")] }),
  "token from OAuth": (endpoint) => ({
    auth: token({ clientId: "id", clientSecret: sentinel("oauth"), tokenUrl: `${endpoint}/token` }),
    secrets: [sentinel("oauth")],
  }),
  "gateway headers": () => ({
    auth: gatewayHeaders({ "cf-access-client-secret": sentinel("gw") }),
    secrets: [sentinel("gw")],
  }),
  "AWS signatures": () => ({
    auth: sigv4({
      region: "eu-west-1",
      credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: sentinel("aws"), sessionToken: sentinel("session") },
    }),
    secrets: [sentinel("aws"), sentinel("session")],
  }),
  "a client certificate": () => ({
    auth: combine(
      mtls({ cert: identity.cert, key: identity.key }),
      basic({ username: "ada", password: sentinel("both") }),
    ),
    secrets: [sentinel("both"), ...(identity.key.match(/^[A-Za-z0-9+/]{40,}/gm) ?? [])],
  }),
  "Databricks token": (endpoint) => ({
    auth: databricks({ host: endpoint, token: bare("dapi") }),
    secrets: [bare("dapi")],
  }),
  "Databricks service principal": (endpoint) => ({
    auth: databricks({ host: endpoint, clientId: "id", clientSecret: sentinel("sp") }),
    secrets: [sentinel("sp")],
  }),
  "Databricks from the environment": (endpoint) => ({
    auth: databricks(),
    env: { DATABRICKS_HOST: endpoint, DATABRICKS_TOKEN: bare("edapi") },
    secrets: [bare("edapi")],
  }),
};

/** Servers that say no, and repeat everything they were told, in several encodings. */
const repeated = ({ headers, body, path }: RecordedRequest) => {
  const all = `${JSON.stringify(headers)} ${body} ${path}`;
  const basicPair = /Basic (\S+)/.exec(String(headers.authorization))?.[1] ?? "";
  const decoded = Buffer.from(basicPair, "base64").toString();
  return `${all} ${decoded} ${encodeURIComponent(decoded)} ${Buffer.from(all).toString("latin1")}`;
};
const answers: Record<
  string,
  (request: RecordedRequest) => { status: number; type: string; body: string; location?: string }
> = {
  "401 text": (request) => ({ status: 401, type: "text/plain", body: repeated(request) }),
  "401 JSON": (request) => ({
    status: 401,
    type: "application/json",
    body: JSON.stringify({ error_code: "UNAUTHENTICATED", message: repeated(request) }),
  }),
  "403 AWS": (request) => ({
    status: 403,
    type: "application/json",
    body: JSON.stringify({ message: repeated(request), __type: "SignatureDoesNotMatch" }),
  }),
  "500": (request) => ({
    status: 500,
    type: "application/json",
    body: JSON.stringify({ error_code: "INTERNAL_ERROR", message: repeated(request) }),
  }),
  "200 page": (request) => ({
    status: 200,
    type: "text/html",
    body: `<html><title>Sign in ${repeated(request)}</title>`,
  }),
  "200 cut off": (request) => ({ status: 200, type: "application/json", body: `{"a": "${repeated(request)}` }),
  "302": (request) => ({
    status: 302,
    type: "text/plain",
    body: "",
    location: `/login?was=${encodeURIComponent(repeated(request))}`,
  }),
};

function forms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    bytes.toString("base64").replace(/=+$/, ""),
    bytes.toString("base64url"),
    encodeURIComponent(secret),
    Buffer.from(`ada:${secret}`).toString("base64").replace(/=+$/, ""),
    JSON.stringify(secret).slice(1, -1),
  ];
}

/** Everything that a program could print of a value. */
function printed(value: unknown): string {
  const parts = [
    inspect(value, { depth: 12, showHidden: true, maxStringLength: null, maxArrayLength: null }),
    String(value),
  ];
  try {
    parts.push(JSON.stringify(value) ?? "");
  } catch {}
  for (let error = value; error instanceof Error; error = error.cause) {
    parts.push(error.message, String(error.stack));
    for (const key of Reflect.ownKeys(error))
      parts.push(inspect((error as never)[key], { showHidden: true, depth: 12 }));
  }
  return parts.join("\n");
}

describe.each(Object.keys(providers))("L01 L02 L03 L04 L08 R09 %s", (name) => {
  test.each([...Object.keys(answers), "nobody listens"])("shows nothing when the answer is: %s", async (kind) => {
    await using server = await startServer((request, response) => {
      const answer = answers[kind]?.(request) ?? { status: 200, type: "text/plain", body: "" };
      response.writeHead(answer.status, {
        "content-type": answer.type,
        ...(answer.location && { location: answer.location }),
      });
      response.end(answer.body);
    });
    if (kind === "nobody listens") await server.close();
    await using home = await temporaryHome();
    const { auth, secrets, env, files, userinfo } = (providers[name] as (typeof providers)[string])(
      server.url.origin,
      home.path,
    );
    for (const [path, content] of Object.entries(files ?? {})) await home.write(path, content);

    const output: string[] = [];
    const client = createClient({
      auth,
      trackingUri: `${server.url.protocol}//${userinfo ?? ""}${server.url.host}`,
      env: { ...env, PATH: process.env.PATH },
      homeDir: home.path,
      retry: { maxRetries: 1, backoffFactor: 0.001, jitter: 0.001 },
      log: { debug: (line) => output.push(line), warn: (line) => output.push(line) },
    });
    const calls: ((client: MlflowClient) => Promise<unknown>)[] = [
      () => client.validate(),
      () => client.request("POST mlflow/runs/create", { experiment_id: "0" }),
      () => client.fetch("/anything", { method: "POST", body: "x" }),
      () => client.explain(),
      () => client.endpoint(),
    ];
    let failures = 0;
    for (const call of calls) {
      const result = await call(client).catch((error: unknown) => {
        failures += 1;
        return error;
      });
      output.push(printed(result));
    }
    output.push(printed(client), printed(auth));
    await client.close();

    expect(failures).toBeGreaterThanOrEqual(2);
    const everything = output.join("\n");
    for (const secret of secrets)
      for (const form of forms(secret)) expect(everything.includes(form), `${form} was shown`).toBe(false);
  });
});

test("the check itself can fail", () => {
  const leaky = new Error("x", {
    cause: Object.assign(new Error("y"), { request: { headers: { authorization: bare("leak") } } }),
  });
  expect(printed(leaky)).toContain(bare("leak"));
});
