import type { AuthContext } from "@mlflow-kit/core";
import { fault } from "../errors.ts";
import { fetchJson } from "../oauth/http.ts";
import { credentialOf, readToken, type Token } from "../oauth/token.ts";
import type { Strategy } from "./strategy.ts";

const what = "the metadata service";
const loopback = new Set(["localhost", "127.0.0.1", "[::1]"]);
/** A token with less than this left is about to be replaced by the service. */
const almostExpired = 10_000;

/** A service on this machine that hands out tokens, as Databricks' editors run one. */
export const metadataService: Strategy = {
  name: "metadata-service",
  configure({ settings: { host, metadataServiceUrl }, skip }) {
    if (metadataServiceUrl === undefined) return skip("metadata_service_url is not set");
    if (host === undefined) return skip("host is not set");
    const url = URL.canParse(metadataServiceUrl) ? new URL(metadataServiceUrl) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol)) {
      throw fault("ERR_AUTH_LOAD", "invalid auth server URL: metadata_service_url is no address");
    }
    if (!loopback.has(url.hostname)) {
      throw fault("ERR_AUTH_LOAD", "invalid auth server URL: only localhost URLs are allowed");
    }
    const headers = { "x-databricks-metadata-version": "1", "x-databricks-host": host };
    const fetchToken = async (context: AuthContext): Promise<Token> => {
      const answer = await fetchJson(context, { url, what, headers, timeoutMs: 10_000 });
      return readToken(answer, what, context.now());
    };
    return {
      async load(context) {
        const token = await fetchToken(context);
        const left = (token.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY) - context.now();
        return credentialOf(context, left < almostExpired ? await fetchToken(context) : token);
      },
    };
  },
};
