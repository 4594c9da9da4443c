import { generateKeyPairSync } from "node:crypto";
import { inspect } from "node:util";
import { createClient, type MlflowClient } from "@mlflow-kit/core";
import { afterEach, describe, expect, test, vi } from "vitest";
import { databricks } from "../src/databricks.ts";
import type { DatabricksOptions } from "../src/options.ts";
import { failureOf } from "./support/provider.ts";
import { routed } from "./support/routed.ts";
import { type Answer, type Asked, startServer } from "./support/server.ts";

const jwt = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.sig`;
const token = (value: string) => ({ json: { access_token: value, token_type: "Bearer", expires_in: 3600 } });
const soon = () => Math.floor(Date.now() / 1000) + 3600;
const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});
const key = JSON.stringify({
  type: "service_account",
  client_email: "sa@p",
  private_key: privateKey,
  private_key_id: "k",
  token_uri: "https://oauth2.googleapis.com/token",
});
const idToken = jwt({ exp: soon(), aud: "google" });

/** What answers at each path, whatever the host. */
const world: Record<string, (asked: Asked) => Answer> = {
  "/.well-known/databricks-config": ({ url }) => ({
    json: { oidc_endpoint: `${new URL(url).origin}/oidc`, host_type: "workspace", workspace_id: "1" },
  }),
  "/oidc/.well-known/oauth-authorization-server": ({ url }) => ({
    json: { token_endpoint: `${new URL(url).origin}/oidc/v1/token` },
  }),
  "/oidc/v1/token": () => token("databricks-token"),
  "/github": () => ({ json: { value: jwt({ aud: "github" }) } }),
  "/org/project/_apis/distributedtask/hubs/build/plans/plan/jobs/job/oidctoken": () => ({
    json: { oidcToken: jwt({ aud: "devops" }) },
  }),
  "/aad/auth": () => ({
    status: 302,
    headers: { location: "https://login.microsoftonline.com/tenant-1/oauth2/authorize" },
  }),
  "/tenant-1/oauth2/token": ({ form }) =>
    token(form.resource!.startsWith("https:") ? "management-token" : "entra-token"),
  "/metadata/identity/oauth2/token": ({ url }) => ({
    json: {
      access_token: url.includes("management") ? "management-token" : "machine-token",
      token_type: "Bearer",
      expires_on: String(soon()),
    },
  }),
  "/service": () => ({ json: { access_token: "service-token", token_type: "Bearer", expires_on: soon() } }),
  "/token": ({ form }) => {
    const claims = JSON.parse(Buffer.from(form.assertion!.split(".")[1]!, "base64url").toString());
    return claims.target_audience ? { json: { id_token: idToken } } : token("google-access");
  },
  "/v1/projects/-/serviceAccounts/sa%40p:generateIdToken": () => ({ json: { token: idToken } }),
  "/v1/projects/-/serviceAccounts/sa%40p:generateAccessToken": () => ({
    json: { accessToken: "google-access", expireTime: new Date(soon() * 1000).toISOString() },
  }),
};

interface Way {
  readonly options: DatabricksOptions;
  readonly env?: Record<string, string>;
  readonly headers: Record<string, string>;
  /** Paths that are asked; `true`: without an answer there is no credential. */
  readonly paths: Record<string, boolean>;
}

const github = {
  ACTIONS_ID_TOKEN_REQUEST_URL: "https://actions.example/github?v=1",
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: "SENTINEL-3",
};
const discovery = {
  "/.well-known/databricks-config": false,
  "/oidc/.well-known/oauth-authorization-server": true,
  "/oidc/v1/token": true,
};
const azure = "https://adb-1.2.azuredatabricks.net";
const gcp = "https://1.2.gcp.databricks.com";
const managed = { "x-databricks-azure-sp-management-token": "management-token" };

const ways: Record<string, Way> = {
  "oauth-m2m": {
    options: { host: "h", clientId: "c", clientSecret: "SENTINEL-1" },
    headers: { authorization: "Bearer databricks-token" },
    paths: discovery,
  },
  "github-oidc": {
    options: { host: "h", clientId: "c" },
    env: github,
    headers: { authorization: "Bearer databricks-token" },
    paths: { ...discovery, "/github": true },
  },
  "azure-devops-oidc": {
    options: { host: "h", clientId: "c" },
    env: {
      SYSTEM_ACCESSTOKEN: "SENTINEL-4",
      SYSTEM_TEAMFOUNDATIONCOLLECTIONURI: "https://dev.azure.com/org/",
      SYSTEM_TEAMPROJECTID: "project",
      SYSTEM_PLANID: "plan",
      SYSTEM_JOBID: "job",
      SYSTEM_HOSTTYPE: "build",
    },
    headers: { authorization: "Bearer databricks-token" },
    paths: { ...discovery, "/org/project/_apis/distributedtask/hubs/build/plans/plan/jobs/job/oidctoken": true },
  },
  "env-oidc": {
    options: { host: "h" },
    env: { DATABRICKS_OIDC_TOKEN: jwt({ sub: "me" }) },
    headers: { authorization: "Bearer databricks-token" },
    paths: discovery,
  },
  "metadata-service": {
    options: { host: "h", metadataServiceUrl: "http://localhost:1/service" },
    headers: { authorization: "Bearer service-token" },
    paths: { "/service": true },
  },
  "azure-msi": {
    options: { host: azure, azureUseMsi: true },
    headers: { authorization: "Bearer machine-token", ...managed },
    paths: { "/metadata/identity/oauth2/token": true },
  },
  "azure-client-secret": {
    options: { host: azure, azureClientId: "c", azureClientSecret: "SENTINEL-2" },
    headers: { authorization: "Bearer entra-token", ...managed },
    paths: { "/aad/auth": true, "/tenant-1/oauth2/token": true },
  },
  "github-oidc-azure": {
    options: { host: azure, azureClientId: "c", authType: "github-oidc-azure" },
    env: github,
    headers: { authorization: "Bearer entra-token" },
    paths: { "/github": true, "/aad/auth": true, "/tenant-1/oauth2/token": true },
  },
  "google-credentials": {
    options: { host: gcp, googleCredentials: key },
    headers: { authorization: `Bearer ${idToken}`, "x-databricks-gcp-sa-access-token": "google-access" },
    paths: { "/token": true },
  },
  "google-id": {
    options: { host: gcp, googleServiceAccount: "sa@p", googleAuth: { getAccessToken: async () => "adc-token" } },
    headers: { authorization: `Bearer ${idToken}`, "x-databricks-gcp-sa-access-token": "google-access" },
    paths: {
      "/v1/projects/-/serviceAccounts/sa%40p:generateIdToken": true,
      "/v1/projects/-/serviceAccounts/sa%40p:generateAccessToken": false,
    },
  },
};

type Play = (path: string, asked: Asked, usual: Answer) => Answer | Promise<Answer>;

const clients: MlflowClient[] = [];

afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

async function enter({ options, env = {} }: Way, play: Play = (_path, _asked, usual) => usual) {
  const server = await startServer((asked) => {
    const path = new URL(asked.url).pathname;
    return play(path, asked, world[path]?.(asked) ?? { status: 404 });
  });
  const log = { debug: () => {}, warn: () => {} };
  const client = createClient({ auth: routed(databricks(options), server.url), env, homeDir: "/nonexistent", log });
  clients.push(client);
  const headers = async () => {
    const { "user-agent": _, "x-mlflow-client-version": __, ...others } = await client.headers();
    return others;
  };
  return { server, headers };
}

describe.each(Object.entries(ways))("%s", (_, way) => {
  test("asks where it should, and once for any number of cold callers", async () => {
    const { server, headers } = await enter(way);
    const all = await Promise.all(Array.from({ length: 50 }, headers));
    for (const one of all) expect(one).toEqual(way.headers);
    const asked = new Set(server.asked.map(({ url }) => new URL(url).pathname));
    expect([...asked].sort()).toEqual(Object.keys(way.paths).sort());
    for (const path of Object.keys(way.paths)) expect(server.count(path), path).toBeLessThanOrEqual(2);
    await headers();
    expect(server.asked.length).toBeLessThanOrEqual(Object.keys(way.paths).length + 1);
  });

  test.each(Object.entries(way.paths))("slow: %s", async (slow) => {
    const { headers } = await enter(way, async (path, _asked, usual) => {
      if (path === slow) await new Promise((resolve) => setTimeout(resolve, 200));
      return usual;
    });
    expect(await headers()).toEqual(way.headers);
  });

  test.each(Object.entries(way.paths))("T20 503, then an answer: %s", async (failing) => {
    let left = 1;
    const { headers } = await enter(way, (path, _asked, usual) =>
      path === failing && left-- > 0 ? { status: 503, headers: { "retry-after": "0" } } : usual,
    );
    expect(await headers()).toEqual(way.headers);
  });

  const wrong: [string, Answer][] = [
    ["T16 a redirect", { status: 302, headers: { location: "https://evil.example/" } }],
    ["T15 HTML", { text: "<html>log in</html>" }],
    ["T15 an array", { json: [] }],
    ["T19 invalid_client", { status: 401, json: { error: "invalid_client", error_description: "no such client" } }],
    ["a huge answer", { text: `{"access_token":"${"x".repeat(2 * 1024 * 1024)}"}` }],
  ];

  test.each(
    Object.entries(way.paths).flatMap(([path, needed]) =>
      wrong.map(([what, answer]) => [what, path, needed, answer] as const),
    ),
  )("%s: %s", async (what, failing, needed, answer) => {
    const { server, headers } = await enter(way, (path, _asked, usual) => (path === failing ? answer : usual));
    if (!needed) {
      expect(await headers()).toMatchObject({ authorization: way.headers.authorization });
      return;
    }
    const error = await failureOf(headers());
    expect(error.code).toMatch(/^ERR_/);
    if (!what.includes("huge")) expect(error.message).toMatch(/^databricks: /);
    expect(server.count(failing)).toBe(1);
    expect(`${error.message} ${error.stack} ${error.hint}`).not.toMatch(/SENTINEL|PRIVATE KEY|xxxx|<html>/);
  });
});

describe("L01 an endpoint that says back everything it was told", () => {
  const forms = ["SENTINEL", "SENTINEL-1", "SENTINEL-2", "SENTINEL-3", "SENTINEL-4"]
    .flatMap((secret) => [
      secret,
      Buffer.from(secret).toString("base64").slice(0, 10),
      Buffer.from(secret).toString("hex"),
    ])
    .map((form) => form.toLowerCase());

  test.each(
    Object.entries(ways).flatMap(([name, way]) => Object.keys(way.paths).map((path) => [name, path, way] as const)),
  )("%s: %s", async (_, echoing, way) => {
    const logged: string[] = [];
    const server = await startServer((asked) => {
      const path = new URL(asked.url).pathname;
      const echo = JSON.stringify(asked.headers) + asked.body + asked.headers.authorization;
      return path === echoing
        ? { status: 400, json: { error: asked.headers.authorization ?? asked.body, error_description: echo } }
        : (world[path]?.(asked) ?? { status: 404 });
    });
    const log = { debug: (line: string) => void logged.push(line), warn: (line: string) => void logged.push(line) };
    const auth = routed(databricks(way.options), server.url);
    const client = createClient({ auth, env: way.env ?? {}, homeDir: "/nonexistent", log });
    clients.push(client);
    const error = await client.headers().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    const shown = [
      inspect(error, { showHidden: true, depth: 10 }),
      inspect(auth, { showHidden: true, depth: 10 }),
      inspect(client),
      ...logged,
    ];
    for (const form of forms) expect(shown.join("\n").toLowerCase()).not.toContain(form);
  });
});

describe("T15 what a token endpoint must not say", () => {
  test.each([
    ["no token", { token_type: "Bearer", expires_in: 60 }],
    ["a token with a line break", { access_token: "a\r\nb", token_type: "Bearer" }],
    ["an empty token", { access_token: "", token_type: "Bearer" }],
    ["a token that is a number", { access_token: 5, token_type: "Bearer" }],
    ["token_type mac", { access_token: "a", token_type: "mac" }],
    ["a type that is no scheme", { access_token: "a", token_type: "Bear er" }],
    ["expires_in 0", { access_token: "a", token_type: "Bearer", expires_in: 0 }],
    ["expires_in −1", { access_token: "a", token_type: "Bearer", expires_in: -1 }],
    ["expires_in 1e12", { access_token: "a", token_type: "Bearer", expires_in: 1e12 }],
    ["expires_in null", { access_token: "a", token_type: "Bearer", expires_in: null }],
    ["expires_in soon", { access_token: "a", token_type: "Bearer", expires_in: "soon" }],
    ["expires_on long past all bounds", { access_token: "a", token_type: "Bearer", expires_on: "1".repeat(40) }],
  ])("%s", async (_, json) => {
    const { server, headers } = await enter(ways["oauth-m2m"]!, (path, _asked, usual) =>
      path === "/oidc/v1/token" ? { json } : usual,
    );
    expect(await failureOf(headers())).toMatchObject({
      code: "ERR_AUTH_UNAVAILABLE",
      message: expect.stringContaining("  oauth-m2m: "),
    });
    expect(server.count("/oidc/v1/token")).toBe(1);
  });

  test('expires_in "3600" is a number in quotes, as Entra ID sends it', async () => {
    const json = { access_token: "a", token_type: "Bearer", expires_in: "3600" };
    const { headers } = await enter(ways["oauth-m2m"]!, (path, _asked, usual) =>
      path === "/oidc/v1/token" ? { json } : usual,
    );
    expect(await headers()).toEqual({ authorization: "Bearer a" });
  });
});

describe("of what a token endpoint says, an error shows words", () => {
  const secret = "s3cr:t %+/é";
  const said = async (error_description: string) => {
    const way = { ...ways["oauth-m2m"]!, options: { host: "h", clientId: "my-client", clientSecret: secret } };
    const answer = { status: 401, json: { error: "invalid_client", error_description } };
    const { headers } = await enter(way, (path, _asked, usual) => (path === "/oidc/v1/token" ? answer : usual));
    return (await failureOf(headers())).message.split("answered HTTP 401: ")[1];
  };

  test("also with names in them, and of several lines the first", async () => {
    expect(await said("no client my-client for all-apis\r\nTrace ID: 1")).toBe(
      "invalid_client: no client my-client for all-apis",
    );
  });

  test.each([
    ["as it is", secret],
    ["in base64", Buffer.from(secret).toString("base64")],
    ["in hexadecimal", Buffer.from(secret).toString("hex")],
    ["percent-encoded", encodeURIComponent(secret)],
    ["form-encoded", new URLSearchParams({ "": secret }).toString().slice(1)],
    ["with its id", Buffer.from(`my-client:${secret}`).toString("base64")],
    ["in a JWT", jwt({ secret })],
  ])("and not the secret %s", async (_, text) => {
    expect(await said(`no: ${text}`)).toBe("invalid_client");
  });
});

describe("what is sent", () => {
  test("T18 the client secret is form-encoded before it goes into the Basic header", async () => {
    const { server, headers } = await enter({
      ...ways["oauth-m2m"]!,
      options: { host: "h", clientId: "c:d", clientSecret: "%:+ /é" },
    });
    await headers();
    const { headers: sent, form } = server.asked.find(({ url }) => url.endsWith("/v1/token"))!;
    expect(sent.authorization).toBe(`Basic ${Buffer.from("c%3Ad:%25%3A%2B+%2F%C3%A9").toString("base64")}`);
    expect(form).toEqual({ grant_type: "client_credentials", scope: "all-apis" });
  });

  test("authorization_details go with oauth-m2m", async () => {
    const { server, headers } = await enter({
      ...ways["oauth-m2m"]!,
      options: { ...ways["oauth-m2m"]!.options, authorizationDetails: "[{}]" },
    });
    await headers();
    expect(server.asked.at(-1)!.form.authorization_details).toBe("[{}]");
  });

  test("Azure: the instance metadata is asked with its header, the resource and the client id", async () => {
    const { server, headers } = await enter({
      ...ways["azure-msi"]!,
      options: { ...ways["azure-msi"]!.options, azureClientId: "c&d" },
    });
    await headers();
    const [first] = server.asked;
    expect(first!.headers.metadata).toBe("true");
    expect(Object.fromEntries(new URL(first!.url).searchParams)).toEqual({
      "api-version": "2018-02-01",
      resource: "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d",
      client_id: "c&d",
    });
  });

  test("Azure: a resource id alone is enough, and is sent along", async () => {
    const id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Databricks/workspaces/w";
    const { server, headers } = await enter(
      { ...ways["azure-msi"]!, options: { azureUseMsi: true, azureWorkspaceResourceId: id } },
      (path, _asked, usual) =>
        path === id ? { json: { properties: { workspaceUrl: "adb-9.9.azuredatabricks.net" } } } : usual,
    );
    expect(await headers()).toEqual({ ...ways["azure-msi"]!.headers, "x-databricks-azure-workspace-resource-id": id });
    const arm = server.asked.find(({ url }) => url.includes(id))!;
    expect(arm.url).toBe(`https://management.azure.com${id}?api-version=2018-04-01`);
  });

  test("GitHub: a new identity token for each exchange", async () => {
    let seconds = 0;
    const server = await startServer((asked) => world[new URL(asked.url).pathname]?.(asked) ?? { status: 404 });
    const auth = routed(databricks(ways["github-oidc"]!.options), server.url);
    const client = createClient({ auth, env: github, homeDir: "/nonexistent", now: () => Date.now() + seconds * 1000 });
    clients.push(client);
    await client.headers();
    seconds = 4000;
    await client.headers();
    expect(server.count("/github")).toBe(2);
    expect(server.count("/v1/token")).toBe(2);
    expect(server.count("/.well-known/oauth-authorization-server")).toBe(1);
  });

  test("Google: without an access token the identity token goes alone", async () => {
    const { headers } = await enter(ways["google-credentials"]!, (path, _asked, usual) => {
      const access =
        path === "/token" && (usual as { json: object }).json && "access_token" in (usual as { json: object }).json;
      return access ? { status: 403, json: { error: "access_denied" } } : usual;
    });
    expect(await headers()).toEqual({ authorization: ways["google-credentials"]!.headers.authorization });
  });
});

describe("silent", () => {
  const without = (name: string, silent: string) =>
    enter(ways[name]!, (path, _asked, usual) => (path === silent ? undefined : usual));

  test("what runs on this machine is given up after 10 s, and the host's metadata are done without after 5 s", async () => {
    const service = await without("metadata-service", "/service");
    const machine = await without("azure-msi", "/metadata/identity/oauth2/token");
    const metadata = await without("oauth-m2m", "/.well-known/databricks-config");
    const [first, second, headers] = await Promise.all([
      failureOf(service.headers()),
      failureOf(machine.headers()),
      metadata.headers(),
    ]);
    expect(first.message).toContain("gave no answer within 10 s");
    expect(second.message).toContain("gave no answer within 10 s");
    expect(headers).toEqual(ways["oauth-m2m"]!.headers);
  }, 30_000);

  test("T14 a token endpoint fails all callers after 30 s, and the next call is a new one", async () => {
    let silent = true;
    const { server, headers } = await enter(ways["oauth-m2m"]!, (path, _asked, usual) =>
      path === "/oidc/v1/token" && silent ? undefined : usual,
    );
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const failures = Promise.all([failureOf(headers()), failureOf(headers())]);
    await vi.waitFor(() => expect(server.count("/v1/token")).toBe(1), { timeout: 5_000 });
    await vi.advanceTimersByTimeAsync(30_000);
    for (const error of await failures) expect(error).toMatchObject({ code: "ERR_TIMEOUT" });
    vi.useRealTimers();
    silent = false;
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(await headers()).toEqual(ways["oauth-m2m"]!.headers);
  });
});

test("T20 Retry-After is honoured, by one request for all callers", async () => {
  let refused = 0;
  const { server, headers } = await enter(ways["oauth-m2m"]!, (path, _asked, usual) =>
    path === "/oidc/v1/token" && refused++ === 0 ? { status: 429, headers: { "retry-after": "1" } } : usual,
  );
  const started = performance.now();
  await Promise.all(Array.from({ length: 10 }, headers));
  expect(performance.now() - started).toBeGreaterThan(900);
  expect(server.count("/v1/token")).toBe(2);
});

test("T17 a token endpoint over plain http off loopback is refused", async () => {
  const server = await startServer(() => ({ json: { token_endpoint: "http://evil.example/token" } }));
  const client = createClient({
    auth: databricks({ host: server.url.href, clientId: "c", clientSecret: "SENTINEL-1" }),
    env: {},
    homeDir: "/nonexistent",
  });
  clients.push(client);
  const error = await failureOf(client.headers());
  expect(error.message).toContain("http://evil.example is not https");
  expect(error.message).not.toContain("SENTINEL-1");
});
