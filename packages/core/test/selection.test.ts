import { describe, expect, test } from "vitest";
import { chain, combine } from "../src/compose.ts";
import { checkCombination, examine, inOrder, select } from "../src/selection.ts";
import type { Auth, AuthContext, AuthProvider } from "../src/types.ts";

const contextFor = (skip: (reason: string) => void) => ({ skip: (reason: string) => void skip(reason) }) as AuthContext;

function provider(name: string, auth: Partial<Auth> | undefined | Error, calls: string[] = []): AuthProvider {
  return {
    name,
    resolve(context) {
      calls.push(name);
      if (auth instanceof Error) throw auth;
      return auth === undefined ? context.skip(`${name} is not set`) : { source: `${name}-source`, ...auth };
    },
  };
}

const outcomes = (reports: readonly { name: string; outcome: string }[]) =>
  Object.fromEntries(reports.map(({ name, outcome }) => [name, outcome]));

describe("chain", () => {
  test("the first that resolves wins, and the rest are not asked", async () => {
    const calls: string[] = [];
    const auth = chain(provider("a", undefined, calls), provider("b", {}, calls), provider("c", {}, calls));
    const selection = await select(auth, contextFor);
    expect(selection.members.map((member) => member.name)).toEqual(["b"]);
    expect(calls).toEqual(["a", "b"]);
    expect(outcomes(selection.reports)).toEqual({ a: "skipped", b: "selected", c: "shadowed" });
    expect(selection.reports[0]?.reason).toBe("a is not set");
  });

  test("F02 configured but broken stops it", async () => {
    const calls: string[] = [];
    const auth = chain(provider("a", new Error("half a pair"), calls), provider("b", {}, calls));
    const selection = await select(auth, contextFor);
    expect(selection.error).toMatchObject({ code: "ERR_AUTH_PROVIDER", message: "a: half a pair" });
    expect(selection.members).toEqual([]);
    expect(calls).toEqual(["a"]);
  });

  test("examine resolves what was left out, and shows its errors without throwing", async () => {
    const auth = chain(
      provider("a", {}),
      provider("b", {}),
      provider("c", new Error("broken")),
      provider("d", undefined),
    );
    const reports = await examine(auth, await select(auth, contextFor), contextFor);
    expect(outcomes(reports)).toEqual({ a: "selected", b: "shadowed", c: "broken", d: "skipped" });
    expect(reports[1]).toMatchObject({ source: "b-source", reason: "a comes first" });
  });
});

describe("combine", () => {
  test("all that resolve are members; nested chains count as one question", async () => {
    const auth = combine(
      provider("mtls", {}),
      chain(provider("token", undefined), provider("basic", {}), provider("x", {})),
      provider("gateway", undefined),
    );
    const selection = await select(auth, contextFor);
    expect(selection.members.map((member) => member.name)).toEqual(["mtls", "basic"]);
    const reports = await examine(auth, selection, contextFor);
    expect(reports.map((report) => report.name)).toEqual(["mtls", "token", "basic", "x", "gateway"]);
  });

  test.each(["baseUrl", "tls"] as const)("two members with a %s are a conflict that names both", async (slot) => {
    const value = slot === "tls" ? { cert: "c" } : new URL("http://h");
    const { members } = await select(
      combine(provider("a", { [slot]: value }), provider("b", { [slot]: value })),
      contextFor,
    );
    expect(() => checkCombination(members)).toThrow(/a \(a-source\) and b \(b-source\)/);
  });

  test("signers go last", async () => {
    const { members } = await select(combine(provider("s", { signs: true }), provider("a", {})), contextFor);
    expect(inOrder(members).map((member) => member.name)).toEqual(["a", "s"]);
  });
});

test.each([null, 1, "x", { source: 1 }, {}])("C08 a provider that resolves to %j is a typed error", async (value) => {
  const odd = { name: "odd", resolve: () => value as never };
  const { error } = await select(odd, contextFor);
  expect(error).toMatchObject({ code: "ERR_AUTH_PROVIDER" });
});

test.each([
  [undefined, /has a name and a resolve function/],
  [{}, /has a name and a resolve function/],
  [{ name: "x" }, /has a name and a resolve function/],
  [() => {}, /Call the factory/],
  [[provider("a", {})], /one by one/],
  [Promise.resolve(provider("a", {})), /Await it/],
])("C08 %j is no provider", (value, hint) => {
  expect(() => chain(value as never)).toThrow(
    expect.objectContaining({ message: expect.stringContaining("no provider"), hint: expect.stringMatching(hint) }),
  );
});
