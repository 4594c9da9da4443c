import { checkToken } from "@mlflow-kit/core/provider";
import { owner } from "../errors.ts";
import type { Strategy } from "./strategy.ts";

/** A personal access token. */
export const pat: Strategy = {
  name: "pat",
  configure({ settings: { host, token }, where, skip }) {
    if (host === undefined) return skip("host is required for PAT authentication");
    if (token === undefined) return skip("token is required");
    const authorization = `Bearer ${checkToken(token, { owner, setting: where("token") })}`;
    return {
      authorize(request) {
        request.headers.authorization = authorization;
      },
    };
  },
};
