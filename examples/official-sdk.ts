/**
 * The shape that the official TypeScript SDK's client takes as `authProvider`. Its header function sees no request, so
 * providers that sign cannot serve it, and it must name the content type itself.
 */
import { token } from "@mlflow-kit/auth-token";
import { createClient } from "@mlflow-kit/core";

const client = createClient({ auth: token() });
const { baseUrl } = await client.endpoint();

export const authProvider = {
  getHost: (): string => baseUrl.href.replace(/\/$/, ""),
  getHeadersProvider: () => async (): Promise<Record<string, string>> => ({
    ...(await client.headers()),
    "content-type": "application/json",
  }),
  getDatabricksToken: (): string | undefined => undefined,
};
