import assert from "node:assert/strict";
import { inspect } from "node:util";
import type { Environment } from "../environment.ts";
import type { MlflowError } from "../errors.ts";
import type { Auth, AuthContext, AuthProvider, Credential, HttpRequest } from "../types.ts";
import { testContext } from "./context.ts";

/** One provider, and what is expected of it. */
export interface ProviderContract {
  /** The test function of any framework: vitest's, Jest's, `node:test`'s. */
  readonly test: (name: string, run: () => Promise<void>) => unknown;
  /** Expected as `provider.name` and at the beginning of every error. */
  readonly name: string;
  /** A new provider, by its default options or others. */
  readonly make: () => AuthProvider;
  /** An environment in which it resolves. Leave it empty when the options of `make` say everything. */
  readonly env: Environment;
  /** What else is in the context: `trackingUri`, `homeDir`, `send` for `load()`. */
  readonly context?: Partial<AuthContext>;
  /** The headers it is expected to write, lower-case; none by default. */
  readonly headers?: Readonly<Record<string, string | RegExp>>;
  /** Values that must never be shown. What it writes into `authorization` is added to them. */
  readonly secrets?: readonly string[];
  /** Environments in which it is not configured. Default: an empty one. Give none for a provider that always resolves. */
  readonly skipped?: readonly Environment[];
  /** Environments in which it is configured, but broken. */
  readonly broken?: readonly Environment[];
}

/**
 * Registers one test for each rule that a provider keeps: it resolves locally, reads nothing but its context, says why
 * it skips, writes its headers and no others, shows no secret, and throws typed errors only. It imports no framework.
 *
 * @example
 * describeProvider({
 *   test,
 *   name: "gateway",
 *   make: () => gateway(),
 *   env: { GATEWAY_KEY: "abc" },
 *   headers: { "x-api-key": "abc" },
 *   secrets: ["abc"],
 * });
 */
export function describeProvider(contract: ProviderContract): void {
  const { test, name, make, env, headers = {}, skipped = [{}], broken = [] } = contract;
  const contextOf = (variables: Environment) =>
    testContext({ ...contract.context, env: Object.freeze({ ...variables }) });
  const resolved = async (context: AuthContext = contextOf(env)): Promise<Auth> => {
    const auth = await make().resolve(context);
    assert.ok(auth, "the provider skips in the environment in which it should resolve");
    return auth;
  };

  test(`${name}: has its name`, async () => {
    assert.equal(make().name, name);
  });

  test(`${name}: resolves without network, and reads variables from its context only`, async () => {
    let sent = 0;
    const context = contextOf(env);
    const read = await readsOfProcessEnv(Object.keys(env), () =>
      resolved({
        ...context,
        send: () => {
          sent++;
          return Promise.reject(new Error("resolve() is local"));
        },
      }),
    );
    assert.equal(sent, 0, "resolve() sent a request");
    assert.deepEqual(read, [], "resolve() read process.env instead of context.env");
  });

  test(`${name}: says where it found its credentials`, async () => {
    const { source } = await resolved();
    assert.equal(typeof source, "string");
    assert.notEqual(source.trim(), "");
  });

  for (const [index, variables] of skipped.entries()) {
    test(`${name}: skips with a reason when it is not configured (${index + 1})`, async () => {
      const context = contextOf(variables);
      assert.equal(await make().resolve(context), undefined);
      assert.ok(
        context.skipped.some((reason) => reason.trim() !== ""),
        "no reason was given to context.skip()",
      );
    });
  }

  for (const [index, variables] of broken.entries()) {
    test(`${name}: stops with a typed error when it is configured but broken (${index + 1})`, async () => {
      const context = contextOf(variables);
      const error = await failure(async () => headersOf(await resolved(context), context));
      assert.ok(error, "nothing was thrown");
      checkError(error, name, contract.secrets ?? []);
    });
  }

  test(`${name}: writes its headers, and leaves the others`, async () => {
    const context = contextOf(env);
    const auth = await resolved(context);
    const stale: Record<string, string> = headers.authorization === undefined ? {} : { authorization: "stale" };
    const request = emptyRequest({ "x-other": "kept", ...stale });
    const credential = await credentialOf(auth, context);
    for (let round = 0; round < (auth.signs ? 1 : 2); round++) {
      await credential.authorize?.(request);
      const { "x-other": other, ...written } = request.headers;
      assert.equal(other, "kept");
      for (const [key, expected] of Object.entries(headers)) {
        if (typeof expected === "string") assert.ok(written[key] === expected, `the header ${key} is another one`);
        else assert.ok(expected.test(written[key] ?? ""), `the header ${key} is another one`);
      }
      assert.deepEqual(Object.keys(written).sort(), Object.keys(headers).sort());
    }
  });

  test(`${name}: shows no secret when it is printed`, async () => {
    const context = contextOf(env);
    const provider = make();
    const auth = await provider.resolve(context);
    assert.ok(auth);
    const credential = await credentialOf(auth, context);
    const { authorization = "" } = await headersOf(auth, context);
    const secrets = [...(contract.secrets ?? []), authorization, authorization.replace(/^\S+ /, "")];
    for (const value of [provider, auth, credential, auth.tls]) checkPrinting(value, secrets);
    checkPrinting([...context.skipped, ...context.warned], secrets);
  });

  test(`${name}: refuses line breaks and other control characters in what it sends`, async () => {
    for (const key of Object.keys(env)) {
      for (const bad of ["\r\nx-evil: 1", "\n", "\0"]) {
        const context = contextOf({ ...env, [key]: `${env[key]}${bad}` });
        let written: Record<string, string> = {};
        const error = await failure(async () => {
          const auth = await make().resolve(context);
          if (auth) written = await headersOf(auth, context);
        });
        if (error) checkError(error, undefined, contract.secrets ?? []);
        for (const [header, value] of Object.entries(written)) {
          assert.ok(!/[\u0000-\u001f\u007f]/.test(header + value), `${key} put a control character into ${header}`);
        }
      }
    }
  });
}

async function credentialOf(auth: Auth, context: AuthContext): Promise<Partial<Credential>> {
  return auth.load ? await auth.load(context) : auth;
}

async function headersOf(auth: Auth, context: AuthContext): Promise<Record<string, string>> {
  const request = emptyRequest({});
  await (await credentialOf(auth, context)).authorize?.(request);
  return request.headers;
}

function emptyRequest(headers: Record<string, string>): HttpRequest {
  return { method: "GET", url: new URL("https://mlflow.example.com/api/2.0/mlflow/experiments/search"), headers };
}

async function failure(act: () => Promise<unknown>): Promise<unknown> {
  try {
    await act();
    return undefined;
  } catch (error) {
    return error ?? new Error("something empty was thrown");
  }
}

function checkError(error: unknown, name: string | undefined, secrets: readonly string[]): void {
  assert.ok(isMlflowError(error), "the error is not an MlflowError");
  if (name !== undefined)
    assert.ok(error.message.startsWith(`${name}: `), "the message does not begin with the provider's name");
  checkPrinting(error, secrets);
}

/** `MlflowError.is`, without its file: what fewer entries share takes fewer files to import. */
function isMlflowError(error: unknown): error is MlflowError {
  return typeof error === "object" && error !== null && Symbol.for("@mlflow-kit/error") in error;
}

/** Everything that printing, serialising or walking a value could show. */
function checkPrinting(value: unknown, secrets: readonly string[]): void {
  const shown = [
    inspect(value, { showHidden: true, depth: 9, getters: false }),
    JSON.stringify(value) ?? "",
    value instanceof Error ? `${value.stack} ${inspect(value.cause, { depth: 9 })}` : "",
  ].join("\n");
  for (const secret of secrets.filter((candidate) => candidate.length > 3)) {
    const forms = [
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret).slice(1, -1),
      Buffer.from(secret).toString("base64").replace(/=+$/, ""),
    ];
    // The secret itself must not be in the assertion's message either.
    assert.ok(!forms.some((form) => shown.includes(form)), "a secret is shown when this is printed");
  }
}

/** Which of the variables are read from `process.env` while `act` runs. */
async function readsOfProcessEnv(names: readonly string[], act: () => Promise<unknown>): Promise<string[]> {
  const read: string[] = [];
  const original = process.env;
  process.env = new Proxy(original, {
    get(target, key) {
      if (names.includes(String(key))) read.push(String(key));
      return Reflect.get(target, key);
    },
  });
  try {
    await act();
  } finally {
    process.env = original;
  }
  return read;
}
