import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { databricksWith } from "../../src/databricks.ts";
import { modelServing } from "../../src/strategies/model-serving.ts";
import { testContext } from "../support/context.ts";
import { freshFolder } from "../support/folder.ts";
import { failureOf, headersOf, resolve } from "../support/provider.ts";
import { startServer, workspaceAnswer } from "../support/server.ts";

const token = () => ({ json: { access_token: "t", token_type: "Bearer", expires_in: 3600 } });

describe("file-oidc", () => {
  test("T23 the file is read for each exchange, trimmed, and never sent empty", async () => {
    const homeDir = await freshFolder();
    const path = join(homeDir, "jwt");
    const server = await startServer((asked) => workspaceAnswer(asked, token));
    const context = testContext({ homeDir });
    const auth = await resolve({ host: server.url.href, oidcTokenFilepath: "~/jwt" }, context);
    for (const jwt of ["one", "two"]) {
      await writeFile(path, `${jwt}\n`);
      await headersOf(auth, context);
      expect(server.asked.at(-1)!.form.subject_token).toBe(jwt);
    }
    const asked = server.count("/v1/token");
    await writeFile(path, "\n");
    expect((await failureOf(headersOf(auth, context))).message).toContain("holds no token");
    expect(server.count("/v1/token")).toBe(asked);
  });
});

describe("model-serving", () => {
  const env = { IS_IN_DB_MODEL_SERVING_ENV: "true", DB_MODEL_SERVING_HOST_URL: "https://h/" };
  const content = (value: string) => JSON.stringify({ OAUTH_TOKEN: [{ oauthTokenValue: value }] });

  async function serve(text?: string) {
    const path = join(await freshFolder(), "token");
    if (text !== undefined) await writeFile(path, text);
    const context = testContext({ env, trackingUri: "databricks", homeDir: await freshFolder() });
    return { path, context, auth: () => databricksWith({}, [modelServing(path)]).resolve(context) };
  }

  test("reads the token file, and again after five minutes", async () => {
    const { path, context, auth } = await serve(content("one"));
    const found = (await auth())!;
    expect(found.baseUrl?.href).toBe("https://h/");
    expect(await headersOf(found, context)).toEqual({ authorization: "Bearer one" });
    await writeFile(path, content("two"));
    const credential = await found.load!(context);
    const left = credential.expiresAt!.getTime() - Date.now();
    expect(left).toBeGreaterThan(290_000);
    expect(left).toBeLessThanOrEqual(300_000);
    expect(await headersOf(found, context)).toEqual({ authorization: "Bearer two" });
  });

  test("a file that is being replaced is read once more", async () => {
    const { path, context, auth } = await serve(content("one").slice(0, 20));
    const found = (await auth())!;
    const headers = headersOf(found, context);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await writeFile(path, content("one"));
    expect(await headers).toEqual({ authorization: "Bearer one" });
  });

  test.each(["SENTINEL", "{}", '{"OAUTH_TOKEN":[{"oauthTokenValue":"SENTINEL \\n"}]}'])(
    "%j is an error that shows nothing of it",
    async (text) => {
      const { context, auth } = await serve(text);
      const error = await failureOf(headersOf((await auth())!, context));
      expect(error.message).toContain("is no token file of model serving");
      expect(`${error.message}${error.stack}${String(error.cause)}`).not.toContain("SENTINEL");
    },
  );
});
