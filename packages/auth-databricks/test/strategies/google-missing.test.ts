import { expect, test, vi } from "vitest";
import { testContext } from "../support/context.ts";
import { failureOf, headersOf, resolve } from "../support/provider.ts";

vi.mock("google-auth-library", () => {
  throw new Error("Cannot find package 'google-auth-library'");
});

test("google-id says what to install when google-auth-library is not there", async () => {
  const context = testContext();
  const auth = await resolve({ host: "https://1.2.gcp.databricks.com", googleServiceAccount: "sa" }, context);
  expect(await failureOf(headersOf(auth, context))).toMatchObject({
    message: expect.stringContaining("google-auth-library is not installed"),
    hint: expect.stringContaining("npm install google-auth-library"),
  });
});
