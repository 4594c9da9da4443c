import { createClient, type MlflowClient } from "@mlflow-kit/core";
import { afterEach, describe, expect, test, vi } from "vitest";
import { databricks } from "../../src/databricks.ts";
import { type Answer, startServer, workspaceAnswer } from "../support/server.ts";
import { casesOf } from "./cases.ts";

/** A client whose tokens come from a server that the test directs, on a clock that the test moves. */
async function createScene(options: { disableAsyncTokenRefresh?: boolean } = {}) {
  const scene = {
    seconds: 0,
    answer: (): Answer | Promise<Answer> => ({ status: 500 }),
  };
  const start = Date.UTC(2026, 0, 1);
  const server = await startServer((asked) =>
    asked.url.endsWith("/v1/token") ? scene.answer() : workspaceAnswer(asked, () => undefined),
  );
  const auth = databricks({ host: server.url.href, clientId: "id", clientSecret: "secret", ...options });
  const client = createClient({
    auth,
    env: {},
    homeDir: "/nonexistent",
    now: () => start + scene.seconds * 1000,
    log: quiet,
  });
  clients.push(client);
  return {
    ...{ client, sourceCalls: () => server.count("/v1/token") },
    at(seconds: number) {
      scene.seconds = seconds;
    },
    gives(answer: () => Answer | Promise<Answer>) {
      scene.answer = answer;
    },
    call: async () => (await client.headers()).authorization?.replace("Bearer ", ""),
  };
}

const quiet = { debug: () => {}, warn: () => {} };
const clients: MlflowClient[] = [];
const issue = (token: string, seconds: number) => () => ({
  json: { access_token: token, token_type: "Bearer", expires_in: seconds },
});
const expired = `e30.${Buffer.from(JSON.stringify({ exp: 1 })).toString("base64url")}.s`;
const settled = () => new Promise((resolve) => setTimeout(resolve, 150));

afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

const named = (pattern: RegExp) => casesOf("refresh").filter(([name]) => pattern.test(name));

describe("refresh", () => {
  test.each(named(/stale-after/))(
    "%s",
    async (_, { argsExplicit: { ttlSeconds }, expect: { asyncRefreshFromSeconds } }) => {
      const scene = await createScene();
      scene.gives(issue("old", ttlSeconds));
      expect(await scene.call()).toBe("old");
      scene.gives(issue("new", ttlSeconds));
      scene.at(asyncRefreshFromSeconds - 1);
      expect(await scene.call()).toBe("old");
      await settled();
      expect(scene.sourceCalls()).toBe(1);
      scene.at(asyncRefreshFromSeconds);
      expect(await scene.call()).toBe("old");
      await vi.waitFor(async () => expect(await scene.call()).toBe("new"));
      expect(scene.sourceCalls()).toBe(2);
    },
  );

  test.each(named(/blocking-(expired|fresh)|async-(none|stale|fresh|error|returns)/))("%s", async (_, one) => {
    const { cachedTokenExpiresInSeconds: left, asyncRefresh, concurrentCallers, sourceReturns } = one.argsExplicit;
    const scene = await createScene({ disableAsyncTokenRefresh: !asyncRefresh });
    if (left !== null) {
      scene.gives(issue("old", 7200));
      await scene.call();
      scene.at(7200 - left);
    }
    const before = scene.sourceCalls();
    const answers: Record<string, () => Answer> = {
      ok: issue("new", 7200),
      error: () => ({ status: 400, json: { error: "invalid_request" } }),
      "token already expired": () => ({ json: { access_token: expired, token_type: "Bearer" } }),
    };
    scene.gives(answers[sourceReturns]!);
    await Promise.all(Array.from({ length: concurrentCallers }, scene.call));
    await settled();
    expect(scene.sourceCalls() - before).toBe(one.expect.sourceCalls);
    expect(await scene.call()).toBe(one.expect.cachedAfter);
  });

  test.each(named(/backoff/))("%s", async (_, { argsExplicit, expect: { sourceCalls } }) => {
    const { secondsSinceFailedAsyncRefresh: since, cachedTokenExpiresInSeconds: left } = argsExplicit;
    const scene = await createScene();
    scene.gives(issue("old", 3600));
    await scene.call();
    scene.gives(() => ({ status: 400 }));
    scene.at(3600 - left - since);
    await scene.call();
    await settled();
    expect(scene.sourceCalls()).toBe(2);
    scene.gives(issue("new", 3600));
    scene.at(3600 - left);
    expect(await scene.call()).toBe("old");
    await settled();
    expect(scene.sourceCalls() - 2).toBe(sourceCalls);
  });

  test.each(named(/late-async/))("T11 %s", async (_, { expect: { results } }) => {
    const scene = await createScene();
    scene.gives(issue("stale", 3600));
    await scene.call();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    let finish = (_: Answer) => {};
    scene.gives(() => new Promise<Answer>((resolve) => (finish = resolve)));
    scene.at(2460);
    const seen = [await scene.call()];
    await vi.waitFor(() => expect(scene.sourceCalls()).toBe(2), { timeout: 5_000 });
    await vi.advanceTimersByTimeAsync(1_200_000);
    vi.useRealTimers();
    scene.gives(issue("blocking_new", 7140));
    scene.at(3660);
    seen.push(await scene.call());
    scene.at(3661);
    finish(issue("async_old", 1739)());
    await settled();
    scene.at(3662);
    seen.push(await scene.call());
    expect(seen).toEqual(results);
  });
});
