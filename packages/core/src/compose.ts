import { AuthError } from "./errors.ts";
import type { AuthProvider } from "./types.ts";

/** How `chain()` and `combine()` are told from providers, also across copies of this package. */
const composition = Symbol.for("@mlflow-kit/composition");

export interface Composition {
  readonly kind: "chain" | "combine";
  readonly members: readonly AuthProvider[];
}

/** What `provider` is made of, if it is a `chain()` or a `combine()`. */
export function compositionOf(provider: AuthProvider): Composition | undefined {
  return (provider as { [composition]?: Composition })[composition];
}

/**
 * The first provider that resolves, whole. One that is configured but broken stops the chain; it is never skipped.
 *
 * @throws AuthError `ERR_OPTION` when a member is no provider.
 */
export function chain(...providers: AuthProvider[]): AuthProvider {
  return compose("chain", providers);
}

/**
 * All providers that resolve, merged: a client certificate and a password, gateway headers and a token. Two that write
 * the same header, or both bring a certificate or an address, are `ERR_AUTH_CONFLICT`.
 *
 * @throws AuthError `ERR_OPTION` when a member is no provider.
 */
export function combine(...providers: AuthProvider[]): AuthProvider {
  return compose("combine", providers);
}

function compose(kind: Composition["kind"], members: AuthProvider[]): AuthProvider {
  for (const member of members) checkProvider(member, `${kind}()`);
  const provider: AuthProvider & { [composition]: Composition } = {
    name: kind,
    [composition]: { kind, members: [...members] },
    resolve() {
      throw new AuthError("ERR_AUTH_PROVIDER", `${kind}() is walked by the client, not resolved by hand`, {
        hint: `Pass it to createClient({ auth }), or resolve its members one by one.`,
      });
    },
  };
  return provider;
}

/** @throws AuthError `ERR_OPTION` for anything without a `name` and a `resolve`. */
export function checkProvider(provider: unknown, owner: string): asserts provider is AuthProvider {
  const { name, resolve } = (provider ?? {}) as Partial<AuthProvider>;
  if (typeof name === "string" && name !== "" && typeof resolve === "function") return;
  const [what, hint] = mistaken(provider);
  throw new AuthError("ERR_OPTION", `${owner} was given ${what} that is no provider`, { hint });
}

function mistaken(provider: unknown): [what: string, hint: string] {
  if (typeof provider === "function") return ["a function", "Call the factory: token(), not token."];
  if (Array.isArray(provider)) return ["an array", "Give the providers one by one: chain(a, b), not chain([a, b])."];
  if (typeof (provider as PromiseLike<unknown> | null | undefined)?.then === "function") {
    return ["a promise", "Await it first."];
  }
  return ["something", "A provider has a name and a resolve function: basic(), token(), or one of your own."];
}

/** Says out loud that nothing is sent. Ends a chain that may find nothing. */
export function anonymous(): AuthProvider {
  return { name: "anonymous", resolve: () => ({ source: "anonymous: no credentials are sent" }) };
}
