import { AuthError, type AuthProvider, envString } from "@mlflow-kit/core";

export interface GatewayKeyOptions {
  /** The key. Default `GATEWAY_KEY`. */
  readonly key?: string;
}

/**
 * The API key of a gateway in front of MLflow, sent as `x-api-key`.
 *
 * @throws AuthError from `resolve`: `ERR_AUTH_INVALID` for a key that is no printable ASCII; the key is not shown.
 */
export function gatewayKey(options: GatewayKeyOptions = {}): AuthProvider {
  return {
    name: "gateway-key",
    resolve({ env, skip }) {
      const key = options.key ?? envString(env, "GATEWAY_KEY");
      if (key === undefined) return skip("GATEWAY_KEY is not set");
      const source = options.key === undefined ? "GATEWAY_KEY" : "options: key";
      if (!/^[!-~]+$/.test(key)) {
        throw new AuthError("ERR_AUTH_INVALID", `gateway-key: ${source} is no key`, {
          hint: "A key is printable ASCII without spaces; look for a line break at its end.",
        });
      }
      return { source, authorize: ({ headers }) => void (headers["x-api-key"] = key) };
    },
  };
}
