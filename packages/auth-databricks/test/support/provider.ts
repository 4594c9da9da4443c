import type { Auth, AuthContext, Credential } from "@mlflow-kit/core";
import { databricks } from "../../src/databricks.ts";
import type { DatabricksOptions } from "../../src/options.ts";

/** Resolves with options; throws when it was skipped. */
export async function resolve(options: DatabricksOptions, context: AuthContext): Promise<Auth> {
  const auth = await databricks(options).resolve(context);
  if (auth === undefined) throw new Error("databricks was skipped");
  return auth;
}

/** The headers that one request gets, and the credential behind them. */
export async function headersOf(auth: Auth, context: AuthContext): Promise<Record<string, string>> {
  const request = { method: "GET", url: new URL("/api", auth.baseUrl), headers: {} as Record<string, string> };
  const credential: Pick<Credential, "authorize"> | undefined = auth.load && (await auth.load(context));
  await auth.authorize?.(request);
  await credential?.authorize(request);
  return request.headers;
}

/** What a promise was rejected with. */
export async function failureOf(
  promise: PromiseLike<unknown>,
): Promise<Error & { code: string; hint: string; remedies: string[] }> {
  try {
    await promise;
  } catch (error) {
    return error as Error & { code: string; hint: string; remedies: string[] };
  }
  throw new Error("it did not fail");
}
