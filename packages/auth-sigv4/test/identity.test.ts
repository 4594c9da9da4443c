import { createServer } from "node:net";
import { inspect } from "node:util";
import { testContext } from "@mlflow-kit/core/testing";
import { freePort, startServer, temporaryHome } from "@mlflow-kit/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type Sigv4Options, sigv4 } from "../src/index.ts";

const on = { MLFLOW_TRACKING_AWS_SIGV4: "true", AWS_REGION: "eu-west-1" };
const sentinel = "SENTINEL-31c9";

afterEach(() => void vi.unstubAllEnvs());

async function resolve(env: Record<string, string>, homeDir = "/nonexistent", options?: Sigv4Options) {
  const context = testContext({ env: { ...on, ...env }, homeDir });
  const auth = await sigv4(options).resolve(context);
  const load = async () => {
    const credential = await auth?.load?.(context);
    const request = { method: "GET", url: new URL("https://h/"), headers: {} as Record<string, string> };
    await credential?.authorize(request);
    return {
      id: /Credential=([^/]+)/.exec(request.headers.authorization ?? "")?.[1],
      token: request.headers["x-amz-security-token"],
    };
  };
  return {
    from: auth?.details?.credentials,
    source: auth?.source,
    load,
    warned: context.warned,
    skipped: context.skipped,
  };
}

describe("when sigv4 is on", () => {
  it("says what turned it on", async () => {
    const keys = { AWS_ACCESS_KEY_ID: "A", AWS_SECRET_ACCESS_KEY: "s" };
    expect((await resolve(keys)).source).toBe("MLFLOW_TRACKING_AWS_SIGV4");
    expect((await resolve(keys, "/nonexistent", { service: "lambda" })).source).toBe("the options");
  });

  it("is off without variable, ARN and options, and says so", async () => {
    const { source, skipped } = await resolve({ MLFLOW_TRACKING_AWS_SIGV4: "" });
    expect(source).toBeUndefined();
    expect(skipped).toEqual(["MLFLOW_TRACKING_AWS_SIGV4 is not set"]);
    const off = await resolve({ MLFLOW_TRACKING_AWS_SIGV4: "FALSE" }, "/nonexistent", { region: undefined });
    expect(off.skipped).toEqual(["MLFLOW_TRACKING_AWS_SIGV4 is false"]);
  });

  it("C04 refuses a value that is neither true nor false", async () => {
    await expect(resolve({ MLFLOW_TRACKING_AWS_SIGV4: "yes" })).rejects.toMatchObject({ code: "ERR_ENV" });
  });
});

describe("options", () => {
  it("C08 that are unknown or of another type are an error without their value", () => {
    for (const wrong of [
      { secret: sentinel },
      { region: [sentinel] },
      { constructor: sentinel },
      { credentials: sentinel },
    ]) {
      expect(() => sigv4(wrong as never)).toThrow(expect.objectContaining({ code: "ERR_OPTION" }));
      expect(() => sigv4(wrong as never)).not.toThrow(sentinel);
    }
  });
});

describe("S12 half-set keys", () => {
  it.each([
    [{ AWS_ACCESS_KEY_ID: "A" }, "sigv4: AWS_ACCESS_KEY_ID is set but AWS_SECRET_ACCESS_KEY is not"],
    [{ AWS_SECRET_ACCESS_KEY: sentinel }, "sigv4: AWS_SECRET_ACCESS_KEY is set but AWS_ACCESS_KEY_ID is not"],
    [{ AWS_SESSION_TOKEN: sentinel }, "sigv4: AWS_SESSION_TOKEN is set but AWS_ACCESS_KEY_ID is not"],
  ])("S12 of the environment are an error, not the next source", async (env, message) => {
    await using home = await temporaryHome({
      ".aws/credentials": "[default]\naws_access_key_id = AKIDFILE\naws_secret_access_key = s\n",
    });
    await expect(resolve(env, home.path)).rejects.toMatchObject({ code: "ERR_AUTH_INCOMPLETE", message });
  });

  it("S12 a web identity without its role is an error, and not the machine's identity", async () => {
    await expect(resolve({ AWS_WEB_IDENTITY_TOKEN_FILE: "/x" })).rejects.toMatchObject({
      code: "ERR_AUTH_INCOMPLETE",
      message: "sigv4: AWS_WEB_IDENTITY_TOKEN_FILE is set but AWS_ROLE_ARN is not",
    });
  });

  it("S12 of a profile are an error", async () => {
    await using home = await temporaryHome({ ".aws/credentials": `[default]\naws_secret_access_key = ${sentinel}\n` });
    await expect(resolve({}, home.path)).rejects.toMatchObject({
      code: "ERR_AUTH_INCOMPLETE",
      message: expect.stringContaining("has no aws_access_key_id"),
    });
  });

  it("S12 of the options and of functions are an error", async () => {
    const credentials = { accessKeyId: "A" } as never;
    await expect(resolve({}, "/nonexistent", { credentials })).rejects.toMatchObject({ code: "ERR_AUTH_INCOMPLETE" });
    const late = await resolve({}, "/nonexistent", { credentials: () => credentials });
    await expect(late.load()).rejects.toMatchObject({ code: "ERR_AUTH_INCOMPLETE" });
  });

  it("with a profile option beside credentials is a conflict", async () => {
    const credentials = { accessKeyId: "A", secretAccessKey: "s" };
    const refused = resolve({}, "/nonexistent", { credentials, profile: "dev" });
    await expect(refused).rejects.toMatchObject({ code: "ERR_AUTH_CONFLICT" });
  });
});

describe("S11 where credentials come from", () => {
  const files = {
    ".aws/credentials":
      "[default]\naws_access_key_id = AKIDDEFAULT\naws_secret_access_key = s\n[dev]\naws_access_key_id=AKIDDEV\naws_secret_access_key=s\naws_session_token = tok\n",
    ".aws/config": `[profile sso]\nsso_session = corp\nsso_account_id = 1\nsso_role_name = r\n[sso-session corp]\nsso_start_url = https://x\nsso_region = eu-west-1\n
[profile role]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = default\n
[profile process]\ncredential_process = node -e "console.log(process.argv)" ${sentinel}\n`,
  };

  it.each([
    [{}, "profile default: keys"],
    [{ AWS_PROFILE: "dev" }, "profile dev (AWS_PROFILE): keys"],
    [{ AWS_PROFILE: "sso" }, "profile sso (AWS_PROFILE): SSO"],
    [{ AWS_PROFILE: "role" }, "profile role (AWS_PROFILE): role arn:aws:iam::123456789012:role/r"],
    [{ AWS_PROFILE: "process" }, "profile process (AWS_PROFILE): credential_process"],
    [{ AWS_ACCESS_KEY_ID: "A", AWS_SECRET_ACCESS_KEY: "s" }, "AWS_ACCESS_KEY_ID"],
  ])("S11 is said without any look-up: %o", async (env: Record<string, string>, from) => {
    await using home = await temporaryHome(files);
    expect((await resolve(env, home.path)).from).toBe(from);
  });

  it.each([
    [{ AWS_WEB_IDENTITY_TOKEN_FILE: "/x", AWS_ROLE_ARN: "r" }, "AWS_WEB_IDENTITY_TOKEN_FILE"],
    [{ AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://x" }, "AWS_CONTAINER_CREDENTIALS_FULL_URI"],
    [{}, "instance metadata"],
    [
      { AWS_EC2_METADATA_DISABLED: "true" },
      "nothing: no keys, no profile default, and AWS_EC2_METADATA_DISABLED is set",
    ],
  ])("S11 is said without files: %o", async (env: Record<string, string>, from) => {
    expect((await resolve(env)).from).toBe(from);
  });

  it("keys of the environment come before AWS_PROFILE, with a warning", async () => {
    const { from, warned } = await resolve({
      AWS_ACCESS_KEY_ID: "A",
      AWS_SECRET_ACCESS_KEY: "s",
      AWS_PROFILE: "absent",
    });
    expect(from).toBe("AWS_ACCESS_KEY_ID");
    expect(warned).toEqual(["sigv4: AWS_ACCESS_KEY_ID and AWS_PROFILE are both set; the keys are used"]);
  });

  it("a chosen profile that does not exist is an error", async () => {
    await expect(resolve({ AWS_PROFILE: "absent" })).rejects.toMatchObject({ code: "ERR_AUTH_FILE" });
  });

  it("the AWS chain reads the profile of the context, not of the process", async () => {
    await using home = await temporaryHome(files);
    expect(await (await resolve({ AWS_PROFILE: "dev" }, home.path)).load()).toEqual({ id: "AKIDDEV", token: "tok" });
    expect(await (await resolve({}, home.path)).load()).toEqual({ id: "AKIDDEFAULT", token: undefined });
    const option = await resolve({ AWS_ACCESS_KEY_ID: "A", AWS_SECRET_ACCESS_KEY: "s" }, home.path, { profile: "dev" });
    expect(await option.load()).toEqual({ id: "AKIDDEV", token: "tok" });
  });

  it("C07 a profile named __proto__ pollutes nothing", async () => {
    await using home = await temporaryHome({
      ".aws/config": "[profile __proto__]\nregion = polluted\n[__proto__]\nregion = x\n",
    });
    await resolve({ AWS_PROFILE: "__proto__" }, home.path).catch(() => {});
    expect(({} as { region?: string }).region).toBeUndefined();
  });

  it("P02 L02 a credential process that fails shows neither its output nor its arguments", async () => {
    const script = `console.log("out-${sentinel}"); console.error("err-${sentinel}"); process.exit(1)`;
    await using home = await temporaryHome();
    const program = await home.write("helper.cjs", script);
    await home.write(
      ".aws/config",
      `[profile process]\ncredential_process = ${process.execPath} ${program} ${sentinel}\n`,
    );
    const { load } = await resolve({ AWS_PROFILE: "process" }, home.path);
    const error = await load().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "ERR_AUTH_LOAD", hint: expect.stringContaining("credential_process") });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(sentinel);
  });

  it("P02 a credential process that works is asked", async () => {
    const answer = {
      Version: 1,
      AccessKeyId: "AKIDPROCESS",
      SecretAccessKey: "s",
      SessionToken: "t",
      Expiration: new Date(Date.now() + 3_600_000),
    };
    await using home = await temporaryHome();
    const program = await home.write("helper.cjs", `console.log(${JSON.stringify(JSON.stringify(answer))})`);
    await home.write(".aws/config", `[profile process]\ncredential_process = ${process.execPath} ${program}\n`);
    const { load } = await resolve({ AWS_PROFILE: "process" }, home.path);
    expect(await load()).toEqual({ id: "AKIDPROCESS", token: "t" });
  });

  it("S11 an SSO session that has ended names the command that renews it", async () => {
    await using home = await temporaryHome(files);
    vi.stubEnv("HOME", home.path);
    const { load } = await resolve({ AWS_PROFILE: "sso" }, home.path);
    await expect(load()).rejects.toMatchObject({ code: "ERR_AUTH_LOAD", hint: "Run: aws sso login --profile sso" });
  });

  it("T26 a function that throws or gives nothing is a typed error without its words", async () => {
    const failing = (credentials: Sigv4Options["credentials"]) => resolve({}, "/nonexistent", { credentials });
    const throws = await failing(() => {
      throw new Error(sentinel);
    });
    const error = await throws.load().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "ERR_AUTH_LOAD" });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(sentinel);
    const nothing = await failing(() => undefined as never);
    await expect(nothing.load()).rejects.toMatchObject({ code: "ERR_AUTH_INVALID" });
  });
});

/** The AWS chain's own look-ups read the process's environment: the one exception, said in the README. */
describe("S11 instance metadata and containers", () => {
  const names = [
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_EC2_METADATA_DISABLED",
  ];
  afterEach(() => {
    for (const name of names) delete process.env[name];
  });

  it("S11 gives up on metadata that never answer within 5 seconds", async () => {
    const silent = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => silent.once("listening", resolve));
    const { port } = silent.address() as { port: number };
    vi.stubEnv("AWS_EC2_METADATA_SERVICE_ENDPOINT", `http://127.0.0.1:${port}`);
    const { load } = await resolve({});
    const started = performance.now();
    await expect(load()).rejects.toMatchObject({ code: "ERR_AUTH_LOAD" });
    expect(performance.now() - started).toBeLessThan(5000);
    silent.close();
  });

  it("S11 says where it looked when nothing is there", async () => {
    vi.stubEnv("AWS_EC2_METADATA_SERVICE_ENDPOINT", `http://127.0.0.1:${await freePort()}`);
    const { load } = await resolve({});
    await expect(load()).rejects.toMatchObject({
      message: expect.stringMatching(
        /^sigv4: no AWS credentials from instance metadata .*looked at AWS_ACCESS_KEY_ID, .*AWS_CONTAINER_CREDENTIALS/,
      ),
    });
  });

  it("S11 takes credentials of a container", async () => {
    await using server = await startServer((_request, response) => {
      response.setHeader("content-type", "application/json");
      const Expiration = new Date(Date.now() + 3_600_000);
      response.end(JSON.stringify({ AccessKeyId: "AKIDCONTAINER", SecretAccessKey: "s", Token: "t", Expiration }));
    });
    vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", server.url.href);
    const { load, from } = await resolve({ AWS_CONTAINER_CREDENTIALS_FULL_URI: server.url.href });
    expect(from).toBe("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    expect(await load()).toEqual({ id: "AKIDCONTAINER", token: "t" });
  });

  it("S11 takes credentials of an instance", async () => {
    await using server = await startServer(({ path }, response) => {
      if (path.endsWith("/api/token")) return response.end("metadata-token");
      if (path.endsWith("/security-credentials/")) return response.end("the-role");
      const Expiration = new Date(Date.now() + 3_600_000);
      response.end(JSON.stringify({ AccessKeyId: "AKIDINSTANCE", SecretAccessKey: "s", Token: "t", Expiration }));
    });
    vi.stubEnv("AWS_EC2_METADATA_SERVICE_ENDPOINT", server.url.href);
    const { load } = await resolve({});
    expect(await load()).toEqual({ id: "AKIDINSTANCE", token: "t" });
  });
});
