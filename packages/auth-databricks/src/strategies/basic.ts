import { basicAuthorization } from "@mlflow-kit/core/provider";
import { owner } from "../errors.ts";
import type { Strategy } from "./strategy.ts";

/** A username and password; Databricks has ended them for people, and some account APIs and gateways still take them. */
export const basic: Strategy = {
  name: "basic",
  configure({ settings: { host, username, password }, where, skip }) {
    if (host === undefined) return skip("host is not set");
    if (username === undefined || password === undefined) return skip("username and password are not both set");
    const about = { owner, usernameSetting: where("username"), passwordSetting: where("password") };
    const authorization = basicAuthorization(username, password, about);
    return {
      authorize(request) {
        request.headers.authorization = authorization;
      },
    };
  },
};
