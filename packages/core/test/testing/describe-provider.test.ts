import { describe, expect, it } from "vitest";
import { type Auth, type AuthContext, AuthError, type AuthProvider, envString } from "../../src/index.ts";
import { describeProvider, type ProviderContract } from "../../src/testing/index.ts";

const secret = "SENTINEL-9f2c";

/** The smallest provider that keeps every rule. */
const gateway = (): AuthProvider => ({
  name: "gateway",
  resolve({ env, skip }) {
    const key = envString(env, "GATEWAY_KEY");
    if (key === undefined) return skip("GATEWAY_KEY is not set");
    if (/[\u0000-\u001f\u007f]/.test(key))
      throw new AuthError("ERR_AUTH_INVALID", "gateway: GATEWAY_KEY holds a control character");
    return { source: "GATEWAY_KEY", authorize: (request) => void Object.assign(request.headers, { "x-api-key": key }) };
  },
});

const contract: Omit<ProviderContract, "test"> = {
  name: "gateway",
  make: gateway,
  env: { GATEWAY_KEY: secret },
  headers: { "x-api-key": secret },
  secrets: [secret],
  broken: [{ GATEWAY_KEY: `${secret}\n` }],
};

/** The titles of the tests that fail. */
async function failing(changes: Partial<ProviderContract>): Promise<string[]> {
  const tests: [string, () => Promise<void>][] = [];
  describeProvider({ ...contract, ...changes, test: (name, run) => tests.push([name, run]) });
  const failed: string[] = [];
  for (const [name, run] of tests) {
    await run().catch(() => failed.push(name.replace("gateway: ", "")));
  }
  return failed;
}

/** `gateway()` with another `resolve`. */
const changed = (resolve: (context: AuthContext, auth: Auth) => unknown) => ({
  make: (): AuthProvider => ({
    name: "gateway",
    async resolve(context) {
      const auth = await gateway().resolve(context);
      return (auth && (await resolve(context, auth))) as Auth | undefined;
    },
  }),
});

describe("describeProvider", () => {
  describeProvider({ ...contract, test: it });

  it("catches a provider that breaks a rule", async () => {
    expect(await failing({})).toEqual([]);
    expect(await failing({ make: () => ({ ...gateway(), name: "other" }) })).toEqual(["has its name"]);
    expect(await failing(changed((context, auth) => context.send({} as never).catch(() => auth)))).toEqual([
      "resolves without network, and reads variables from its context only",
    ]);
    expect(await failing(changed((_, auth) => (process.env.GATEWAY_KEY ? undefined : auth)))).toEqual([
      "resolves without network, and reads variables from its context only",
    ]);
    expect(await failing(changed((_, auth) => ({ ...auth, source: "" })))).toEqual([
      "says where it found its credentials",
    ]);
    expect(await failing(changed((_, auth) => ({ ...auth, source: `GATEWAY_KEY=${secret}` })))).toEqual([
      "shows no secret when it is printed",
    ]);
    expect(
      await failing(changed((_, auth) => ({ ...auth, [Symbol("key")]: Buffer.from(secret).toString("base64") }))),
    ).toEqual(["shows no secret when it is printed"]);
    expect(await failing(changed(({ log }, auth) => log.warn(secret) ?? auth))).toEqual([
      "shows no secret when it is printed",
    ]);
    expect(await failing({ headers: { "x-api-key": /^other/ } })).toEqual([
      "writes its headers, and leaves the others",
    ]);
    expect(await failing({ headers: {} })).toEqual(["writes its headers, and leaves the others"]);
  });

  it("catches silent skips, untyped errors and line breaks", async () => {
    const silent = { name: "gateway", resolve: () => undefined };
    expect(await failing({ make: () => silent, broken: [] })).toContain(
      "skips with a reason when it is not configured (1)",
    );
    const careless: AuthProvider = {
      name: "gateway",
      resolve: ({ env, skip }) =>
        env.GATEWAY_KEY
          ? {
              source: "GATEWAY_KEY",
              authorize: (request) => void Object.assign(request.headers, { "x-api-key": env.GATEWAY_KEY }),
            }
          : skip("GATEWAY_KEY is not set"),
    };
    expect(await failing({ make: () => careless })).toEqual([
      "stops with a typed error when it is configured but broken (1)",
      "refuses line breaks and other control characters in what it sends",
    ]);
    const throwing = (error: unknown) => changed(() => Promise.reject(error));
    const title = "stops with a typed error when it is configured but broken (1)";
    const broken = [{ GATEWAY_KEY: "abc" }];
    expect(await failing({ ...throwing(new Error("gateway: no")), broken })).toContain(title);
    expect(await failing({ ...throwing(new AuthError("ERR_AUTH_INVALID", "no")), broken })).toContain(title);
    expect(await failing({ ...throwing(new AuthError("ERR_AUTH_INVALID", `gateway: ${secret}`)), broken })).toContain(
      title,
    );
    expect(
      await failing({ ...throwing(new AuthError("ERR_AUTH_INVALID", "gateway: no", { cause: { secret } })), broken }),
    ).toContain(title);
    expect(await failing({ ...throwing(new AuthError("ERR_AUTH_INVALID", "gateway: no")), broken })).not.toContain(
      title,
    );
  });
});
