import { describe, expect, test } from "vitest";
import { credentialCache } from "../src/credential-cache.ts";
import type { Credential } from "../src/types.ts";

const minute = 60_000;

function credential(expiresAt?: number): Credential {
  return { authorize: () => {}, ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt) }) };
}

/** A cache over a clock and a source that the test holds in its hands. */
function setup(load: (n: number, clock: { time: number }) => Credential | Promise<Credential>) {
  const clock = { time: 1_000_000 };
  const seen = { loads: 0, background: [] as unknown[] };
  const cache = credentialCache({
    name: "test",
    now: () => clock.time,
    load: async () => load(++seen.loads, clock),
    onBackgroundFailure: (error) => seen.background.push(error),
  });
  return { cache, clock, seen };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("credentialCache", () => {
  test("T01 a hundred cold callers make one load", async () => {
    const { cache, seen } = setup(async () => credential());
    const all = await Promise.all(Array.from({ length: 100 }, () => cache.get()));
    expect(new Set(all).size).toBe(1);
    expect(seen.loads).toBe(1);
  });

  test("a credential without expiry is kept for ever", async () => {
    const { cache, clock, seen } = setup(async () => credential());
    await cache.get();
    clock.time += 1e12;
    expect(cache.peek()).toBeDefined();
    expect(seen.loads).toBe(1);
  });

  test("T02 in the refresh window the old one is served while one load runs", async () => {
    const { cache, clock, seen } = setup(async (_, c) => credential(c.time + 60 * minute));
    const first = await cache.get();
    clock.time += 39 * minute;
    expect(cache.peek()).toBe(first);
    await settle();
    expect(seen.loads).toBe(1);
    clock.time += 2 * minute;
    for (let i = 0; i < 50; i += 1) expect(cache.peek()).toBe(first);
    await settle();
    expect(seen.loads).toBe(2);
    expect(cache.peek()).not.toBe(first);
  });

  test.each([
    [60, 40],
    [10, 5],
    [1.5, 0.75],
  ])("a token of %d minutes is refreshed from minute %d on", async (ttl, from) => {
    const { cache, clock, seen } = setup(async (_, c) => credential(c.time + ttl * minute));
    await cache.get();
    clock.time += from * minute - 1;
    cache.peek();
    await settle();
    expect(seen.loads).toBe(1);
    clock.time += 1;
    cache.peek();
    await settle();
    expect(seen.loads).toBe(2);
  });

  test("T03 a failed background load is silent, and waits a quarter of the time left", async () => {
    const { cache, clock, seen } = setup(async (n, c) => {
      if (n > 1) throw new Error("down");
      return credential(c.time + 8 * minute);
    });
    const first = await cache.get();
    clock.time += 4 * minute;
    expect(cache.peek()).toBe(first);
    await settle();
    expect(seen.background).toHaveLength(1);
    clock.time += minute - 1;
    expect(cache.peek()).toBe(first);
    await settle();
    expect(seen.loads).toBe(2);
    clock.time += 1;
    expect(cache.peek()).toBe(first);
    await settle();
    expect(seen.loads).toBe(3);
  });

  test("T04 after real expiry the failure is thrown, and the next load heals", async () => {
    const { cache, clock, seen } = setup(async (n, c) => {
      if (n === 2) throw new Error("down");
      return credential(c.time + minute);
    });
    await cache.get();
    clock.time += 2 * minute;
    await expect(cache.get()).rejects.toThrow("down");
    await expect(cache.get()).rejects.toThrow("down");
    expect(seen.loads).toBe(2);
    clock.time += 1_000;
    await cache.get();
    expect(seen.loads).toBe(3);
  });

  test("T05 a credential that has expired on arrival is an error, not a loop", async () => {
    const { cache, seen } = setup(async (_, c) => credential(c.time));
    await expect(cache.get()).rejects.toMatchObject({ code: "ERR_AUTH_LOAD" });
    await expect(cache.get()).rejects.toMatchObject({ code: "ERR_AUTH_LOAD" });
    expect(seen.loads).toBe(1);
  });

  test("T09 a refusal of an old credential after a newer one is stored loads nothing", async () => {
    const { cache, seen } = setup(async () => credential());
    const old = await cache.get();
    const [newer] = await Promise.all(Array.from({ length: 50 }, () => cache.renew(old)));
    expect(seen.loads).toBe(2);
    expect(await cache.renew(old)).toBe(newer);
    expect(seen.loads).toBe(2);
  });

  test("T12 an abort ends one wait and leaves the load to the others", async () => {
    let finish = (_: Credential) => {};
    const { cache } = setup(() => new Promise((resolve) => (finish = resolve)));
    const controller = new AbortController();
    const impatient = cache.get(controller.signal);
    const patient = cache.get();
    controller.abort(new Error("enough"));
    await expect(impatient).rejects.toThrow("enough");
    finish(credential());
    await expect(patient).resolves.toBeDefined();
  });

  test("T21 a clock that jumps back an hour makes no storm", async () => {
    const { cache, clock, seen } = setup(async (_, c) => credential(c.time + 10 * minute));
    await cache.get();
    clock.time -= 60 * minute;
    for (let i = 0; i < 100; i += 1) await cache.get();
    expect(seen.loads).toBe(1);
  });

  test("T26 a load that gives nothing is a typed error", async () => {
    const { cache } = setup(async () => undefined as unknown as Credential);
    await expect(cache.get()).rejects.toMatchObject({ code: "ERR_AUTH_LOAD" });
  });

  test("T27 a load that asks for its own credential is told so, at once", async () => {
    const { cache } = setup(async () => cache.get());
    await expect(cache.get()).rejects.toMatchObject({ code: "ERR_AUTH_LOAD" });
    expect(String(await cache.get().catch((error) => error.message))).toContain("while it was being loaded");
  });
});
