import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { type Auth, type AuthContext, AuthError, type HttpRequest } from "@mlflow-kit/core";
import { testContext } from "@mlflow-kit/core/testing";
import { afterAll, describe, expect, it } from "vitest";
import { type BasicOptions, basic } from "../src/index.ts";

const folder = mkdtempSync(join(tmpdir(), "auth-basic-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let homes = 0;
function home(credentials: string | Uint8Array, mode = 0o600): string {
  const path = join(folder, `home${homes++}`);
  mkdirSync(join(path, ".mlflow"), { recursive: true });
  writeFileSync(join(path, ".mlflow", "credentials"), credentials);
  chmodSync(join(path, ".mlflow", "credentials"), mode);
  return path;
}

function file(name: string, content: string, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

/** The pair that would be sent; `undefined` when the provider skips. */
async function sent(auth: Auth | undefined, context: AuthContext): Promise<string | undefined> {
  if (auth === undefined) return undefined;
  const request: HttpRequest = {
    method: "GET",
    url: new URL("https://mlflow.example.com/"),
    headers: { authorization: "stale" },
  };
  await (auth.load ? await auth.load(context) : auth).authorize?.(request);
  expect(Object.keys(request.headers)).toEqual(["authorization"]);
  const [scheme, encoded] = request.headers.authorization!.split(" ");
  expect(scheme).toBe("Basic");
  return Buffer.from(encoded!, "base64").toString();
}

async function pair(options: BasicOptions | undefined, fields: Partial<AuthContext> = {}) {
  const context = testContext(fields);
  const auth = await basic(options).resolve(context);
  return { pair: await sent(auth, context), source: auth?.source, skipped: context.skipped, warned: context.warned };
}

const secret = "SENTINEL-9f2c";

async function refused(options: BasicOptions | undefined, fields: Partial<AuthContext> = {}): Promise<AuthError> {
  const error = await pair(options, fields).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(AuthError);
  expect((error as Error).message).toMatch(/^basic: /);
  expect(inspect(error, { showHidden: true, depth: 9 })).not.toMatch(/SENTINEL|U0VOVElORUw/);
  return error as AuthError;
}

const env = { MLFLOW_TRACKING_USERNAME: "eve", MLFLOW_TRACKING_PASSWORD: "env-password" };
const urlCredentials = { username: "una", password: "p@:%" };
const credentials = "[mlflow]\nmlflow_tracking_username = flo\nmlflow_tracking_password = file-password\n";

describe("where the pair comes from", () => {
  it("C09 prefers options, then userinfo, then the environment, then the file", async () => {
    const everything = { env, urlCredentials, homeDir: home(credentials) };
    expect(await pair({ username: "opa", password: "o" }, everything)).toMatchObject({
      pair: "opa:o",
      source: "options",
    });
    expect(await pair({}, everything)).toMatchObject({ pair: "una:p@:%", source: "the userinfo of the tracking URI" });
    expect(await pair(undefined, { ...everything, urlCredentials: undefined })).toMatchObject({
      pair: "eve:env-password",
      source: "MLFLOW_TRACKING_USERNAME, MLFLOW_TRACKING_PASSWORD",
    });
    expect(await pair(undefined, { homeDir: everything.homeDir })).toMatchObject({
      pair: "flo:file-password",
      source: "~/.mlflow/credentials [mlflow]",
    });
  });

  it("U01 U03 uses userinfo with a warning that shows none of it, and options instead of it", async () => {
    const { warned } = await pair(undefined, { urlCredentials });
    expect(warned).toEqual([expect.stringMatching(/^basic: the tracking URI holds a username and password/)]);
    expect(warned[0]).not.toMatch(/una|p@/);
    expect((await pair({ username: "opa", password: "o" }, { urlCredentials })).warned).toEqual([]);
  });

  it("says why it is not configured", async () => {
    const reason = async (homeDir: string) => (await pair(undefined, { homeDir })).skipped;
    const unset = "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD are not set, and ~/.mlflow/credentials";
    expect(await reason(folder)).toEqual([`${unset} does not exist`]);
    expect(await reason(home("[other]\n"))).toEqual([
      `${unset} has no section [https://mlflow.example.com] or [mlflow]`,
    ]);
    expect(await reason(home("[mlflow]\n"))).toEqual([
      expect.stringContaining("[mlflow] holds neither mlflow_tracking_username"),
    ]);
  });

  it("C06 looks into no relative home directory", async () => {
    for (const homeDir of ["", ".", "home"]) {
      expect((await pair(undefined, { homeDir })).skipped).toEqual([
        expect.stringContaining("HOME is not an absolute path"),
      ]);
    }
  });

  it("takes empty variables for unset ones", async () => {
    const empty = { MLFLOW_TRACKING_USERNAME: "", MLFLOW_TRACKING_PASSWORD: "" };
    expect(await pair(undefined, { env: empty, homeDir: home(credentials) })).toMatchObject({
      pair: "flo:file-password",
    });
  });
});

describe("half a pair", () => {
  it("I11 names the missing variable and the option", async () => {
    const half = (name: keyof typeof env) =>
      refused(undefined, { env: { [name]: secret }, homeDir: home(credentials) });
    const noPassword = await half("MLFLOW_TRACKING_USERNAME");
    expect(noPassword).toMatchObject({
      code: "ERR_AUTH_INCOMPLETE",
      hint: "Set MLFLOW_TRACKING_PASSWORD, or pass both: basic({ username, password }).",
    });
    expect(noPassword.message).toBe("basic: MLFLOW_TRACKING_USERNAME is set but MLFLOW_TRACKING_PASSWORD is not");
    expect((await half("MLFLOW_TRACKING_PASSWORD")).message).toBe(
      "basic: MLFLOW_TRACKING_PASSWORD is set but MLFLOW_TRACKING_USERNAME is not",
    );
  });

  it("I11 is never completed from elsewhere", async () => {
    const everything = { env, urlCredentials, homeDir: home(credentials) };
    expect(await refused({ username: secret }, everything)).toMatchObject({ code: "ERR_AUTH_INCOMPLETE" });
    expect(await refused({ password: secret }, everything)).toMatchObject({ code: "ERR_AUTH_INCOMPLETE" });
    for (const half of [
      { username: secret, password: "" },
      { username: "", password: secret },
    ]) {
      expect(await refused(undefined, { ...everything, urlCredentials: half })).toMatchObject({
        code: "ERR_AUTH_INCOMPLETE",
      });
    }
    for (const half of [
      `mlflow_tracking_username=${secret}`,
      `mlflow_tracking_username=\nmlflow_tracking_password=${secret}`,
    ]) {
      const text = `[https://mlflow.example.com]\n${half}\n${credentials}`;
      expect(await refused(undefined, { homeDir: home(text) })).toMatchObject({ code: "ERR_AUTH_INCOMPLETE" });
    }
  });
});

describe("~/.mlflow/credentials", () => {
  const sections = [
    "https://mlflow.example.com",
    "https://mlflow.example.com:8443",
    "http://mlflow.example.com",
    "http://[::1]:5000",
  ]
    .map((origin, index) => `[${origin}]\nmlflow_tracking_username=user${index}\nmlflow_tracking_password=p`)
    .join("\n");
  const homeDir = home(`${sections}\n${credentials}`);

  it("C11 prefers the section of exactly the tracking URI's origin", async () => {
    const user = async (trackingUri: string | undefined) =>
      (await pair(undefined, { homeDir, trackingUri })).pair?.split(":")[0];
    expect(await user("https://mlflow.example.com")).toBe("user0");
    expect(await user("https://MLFLOW.example.com:443/prefix/")).toBe("user0");
    expect(await user("https://mlflow.example.com:8443")).toBe("user1");
    expect(await user("http://mlflow.example.com")).toBe("user2");
    expect(await user("http://[::1]:5000")).toBe("user3");
    for (const other of [
      "https://mlflow.example.com.evil.org",
      "https://evil.org/https://mlflow.example.com",
      "databricks://p",
      undefined,
    ]) {
      expect(await user(other)).toBe("flo");
    }
  });

  it("C02 keeps %, #, ;, :, quotes and inner spaces of a password", async () => {
    for (const password of ["100%sure", "%(x)s", "a#b ; c", "a:b=c", "a b", '"quoted"', "パスワード"]) {
      const text = `[mlflow]\nMLFLOW_TRACKING_USERNAME: u\nMlflow_Tracking_Password: ${password}\n`;
      expect((await pair(undefined, { homeDir: home(text) })).pair).toBe(`u:${password}`);
    }
  });

  it("C01 stops at a file that cannot be understood, and echoes none of it", async () => {
    for (const text of [
      secret,
      `[mlflow]\n${secret}`,
      `[mlflow]\na=${secret}\na=${secret}`,
      new Uint8Array([0x5b, 0xff]),
    ]) {
      expect(await refused(undefined, { homeDir: home(text) })).toMatchObject({ code: "ERR_AUTH_FILE" });
    }
    const directory = join(folder, "odd");
    mkdirSync(join(directory, ".mlflow", "credentials"), { recursive: true });
    expect(await refused(undefined, { homeDir: directory })).toMatchObject({ code: "ERR_AUTH_FILE" });
  });

  it("I01 I03 refuses a value that runs over two lines", async () => {
    const text = `[mlflow]\nmlflow_tracking_username=u\nmlflow_tracking_password=${secret}\n  ${secret}\n`;
    expect(await refused(undefined, { homeDir: home(text) })).toMatchObject({ code: "ERR_AUTH_INVALID" });
  });

  it("C05 warns when others can read it", async () => {
    expect((await pair(undefined, { homeDir: home(credentials, 0o644) })).warned).toEqual([
      expect.stringMatching(/mode 0644/),
    ]);
    expect((await pair(undefined, { homeDir: home(credentials, 0o600) })).warned).toEqual([]);
    const linked = join(folder, "linked");
    mkdirSync(join(linked, ".mlflow"), { recursive: true });
    symlinkSync(file("shared-credentials", credentials, 0o666), join(linked, ".mlflow", "credentials"));
    expect((await pair(undefined, { homeDir: linked })).warned).toEqual([expect.stringMatching(/mode 0666/)]);
  });

  it("C07 takes names of Object.prototype for nothing", async () => {
    const text = `[DEFAULT]\n__proto__ = x\n[__proto__]\nmlflow_tracking_username = ${secret}\n`;
    expect((await pair(undefined, { homeDir: home(text) })).pair).toBeUndefined();
    expect((await pair(undefined, { homeDir: home(text), trackingUri: "https://__proto__" })).pair).toBeUndefined();
  });
});

describe("values", () => {
  it("I06 I07 I08 sends colons, UTF-8 and percent signs of a password as they are", async () => {
    for (const password of ["a:b", "пароль", "🔑", "\u00e9", "e\u0301", "%41"]) {
      expect((await pair({ username: "u", password })).pair).toBe(`u:${password}`);
      expect((await pair(undefined, { env: { ...env, MLFLOW_TRACKING_PASSWORD: password } })).pair).toBe(
        `eve:${password}`,
      );
    }
  });

  it("I01 I02 I03 I05 I09 refuses what Basic cannot carry, from every source", async () => {
    for (const bad of [`${secret}\r\nX-Evil: 1`, `${secret}\n`, `${secret}\0`, `${secret}\t`, `${secret}\ud800`]) {
      for (const given of [
        { username: bad, password: "p" },
        { username: "u", password: bad },
      ]) {
        expect(await refused(given)).toMatchObject({ code: "ERR_AUTH_INVALID" });
        expect(await refused(undefined, { urlCredentials: given })).toMatchObject({ code: "ERR_AUTH_INVALID" });
        const variables = { MLFLOW_TRACKING_USERNAME: given.username, MLFLOW_TRACKING_PASSWORD: given.password };
        expect(await refused(undefined, { env: variables })).toMatchObject({ code: "ERR_AUTH_INVALID" });
      }
    }
    expect((await refused({ username: `${secret}:x`, password: "p" })).message).toBe(
      "basic: the option username holds a colon",
    );
    expect((await refused({ username: `${secret}:x`, password: () => "p" })).message).toMatch(/colon/);
  });

  it("I10 I20 refuses empties and what is not a string", async () => {
    for (const value of ["", 123, null, Buffer.from(secret), { toString: () => secret }, {}]) {
      expect(await refused({ username: value as string, password: "p" })).toMatchObject({ code: "ERR_AUTH_INVALID" });
      expect(await refused({ username: "u", password: value as string })).toMatchObject({ code: "ERR_AUTH_INVALID" });
    }
  });
});

describe("a password that is asked for", () => {
  it("I15 comes from a file, read anew each time, without the line breaks at its end", async () => {
    const path = file("password", "one \r\n\n");
    const context = testContext({ homeDir: folder });
    const auth = await basic({ username: "u", password: { file: "~/password" } }).resolve(context);
    expect(auth?.source).toBe(`options (password from the file ${JSON.stringify(path)})`);
    expect(auth?.authorize).toBeUndefined();
    expect(await sent(auth, context)).toBe("u:one ");
    file("password", "two");
    expect(await sent(auth, context)).toBe("u:two");
    expect(context.warned).toEqual([]);
  });

  it("I16 is an error when the file is missing, empty or none", async () => {
    for (const path of [join(folder, "none"), folder, "/dev/zero"]) {
      expect(await refused({ username: "u", password: { file: path } })).toMatchObject({ code: "ERR_AUTH_FILE" });
    }
    const empty = { file: file("empty", "\n") };
    expect(await refused({ username: "u", password: empty })).toMatchObject({ code: "ERR_AUTH_INVALID" });
    expect(await refused({ username: "u", password: { file: 7 as unknown as string } })).toMatchObject({
      code: "ERR_AUTH_FILE",
    });
  });

  it("P01 P02 comes from a command, which sees the client's environment", async () => {
    const command = [process.execPath, "-e", "console.log(process.env.WHERE)"] as const;
    const result = await pair({ username: "u", password: { command } }, { env: { WHERE: "vault" } });
    expect(result).toMatchObject({
      pair: "u:vault",
      source: `options (password from the command ${JSON.stringify(process.execPath)})`,
    });
    const failing = [process.execPath, "-e", `console.log("${secret}"); process.exit(2)`] as const;
    expect(await refused({ username: "u", password: { command: failing } })).toMatchObject({
      code: "ERR_AUTH_COMMAND",
    });
    expect(await refused({ username: "u", password: { command: "ls" as unknown as [string] } })).toMatchObject({
      code: "ERR_AUTH_COMMAND",
    });
  });

  it("T26 comes from a function, whatever that does", async () => {
    let calls = 0;
    const context = testContext();
    const auth = await basic({ username: "u", password: async () => `p${++calls}` }).resolve(context);
    expect(calls).toBe(0);
    expect(await sent(auth, context)).toBe("u:p1");
    expect(await sent(auth, context)).toBe("u:p2");
    const broken = [
      () => undefined,
      () => "",
      () => 7,
      () => `${secret}\n`,
      () => {
        throw Object.assign(new Error("no"), { secret });
      },
    ];
    for (const password of broken) {
      expect((await refused({ username: "u", password: password as () => string })).code).toMatch(
        /^ERR_AUTH_(INVALID|LOAD)$/,
      );
    }
  });
});

it("L01 shows no secret when it is printed", async () => {
  const context = testContext({ env: { ...env, MLFLOW_TRACKING_PASSWORD: secret } });
  for (const provider of [basic(), basic({ username: "u", password: secret })]) {
    const auth = await provider.resolve(context);
    for (const value of [provider, auth]) {
      expect(inspect(value, { showHidden: true, depth: 9, getters: true }) + JSON.stringify(value)).not.toMatch(
        /SENTINEL|U0VOVElORUw/,
      );
    }
  }
});
