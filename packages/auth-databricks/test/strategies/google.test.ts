import { afterEach, describe, expect, test, vi } from "vitest";
import { testContext } from "../support/context.ts";
import { failureOf, headersOf, resolve } from "../support/provider.ts";

const host = "https://1.2.gcp.databricks.com";

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("google-credentials", () => {
  test.each([
    ["not JSON", "{SENTINEL"],
    ["no key in it", '{"client_email":"SENTINEL"}'],
    ["a key that cannot sign", '{"client_email":"x","private_key":"SENTINEL"}'],
  ])("%s: refused and not shown", async (_, googleCredentials) => {
    const context = testContext();
    const auth = await resolve({ host, googleCredentials }, context);
    const error = await failureOf(headersOf(auth, context));
    expect(error.message).toContain("google_credentials");
    expect(`${error.message}${error.hint}${error.stack}${String(error.cause)}`).not.toContain("SENTINEL");
  });

  test("a path that does not exist is named", async () => {
    const context = testContext();
    const auth = await resolve({ host, googleCredentials: "/nonexistent/key.json" }, context);
    expect((await failureOf(headersOf(auth, context))).message).toContain("/nonexistent/key.json");
  });

  test("only on Google Cloud", async () => {
    const error = await failureOf(
      resolve({ host: "h", googleCredentials: "x", authType: "google-credentials" }, testContext()),
    );
    expect(error.hint).toContain("not on Google Cloud");
  });
});

describe("google-id", () => {
  test("without the option it asks google-auth-library, which finds no login here", async () => {
    vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", "/nonexistent/adc.json");
    const context = testContext();
    const error = await failureOf(headersOf(await resolve({ host, googleServiceAccount: "sa" }, context), context));
    expect(error.message).toContain("google-auth-library gave no access token");
  });

  test("an error of the library is not handed on", async () => {
    const googleAuth = { getAccessToken: () => Promise.reject(new Error("SENTINEL")) };
    const context = testContext();
    const error = await failureOf(
      headersOf(await resolve({ host, googleServiceAccount: "sa", googleAuth }, context), context),
    );
    expect(`${error.message}${error.stack}${String(error.cause)}`).not.toContain("SENTINEL");
    expect(error.hint).toContain("gcloud auth application-default login");
  });
});
