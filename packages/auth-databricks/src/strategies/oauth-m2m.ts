import { basicAuthorization, formEncode } from "@mlflow-kit/core/provider";
import { owner } from "../errors.ts";
import { fetchJson } from "../oauth/http.ts";
import { scopeOf } from "../oauth/scope.ts";
import { credentialOf, readToken } from "../oauth/token.ts";
import type { Strategy } from "./strategy.ts";

const what = "the token endpoint";

/** A service principal's id and secret (OAuth client credentials). */
export const oauthM2m: Strategy = {
  name: "oauth-m2m",
  configure({ settings, endpoints, where, skip }) {
    const { host, clientId, clientSecret, authorizationDetails } = settings;
    if (host === undefined) return skip("host is not set");
    if (clientId === undefined || clientSecret === undefined)
      return skip("client_id and client_secret are not both set");
    const authorization = basicAuthorization(formEncode(clientId), formEncode(clientSecret), {
      owner,
      usernameSetting: where("clientId"),
      passwordSetting: where("clientSecret"),
    });
    return {
      async load(context) {
        const { token: url } = await endpoints(context);
        const asked = context.now();
        const answer = await fetchJson(context, {
          method: "POST",
          url,
          what,
          headers: { authorization },
          form: {
            grant_type: "client_credentials",
            scope: scopeOf(settings),
            ...(authorizationDetails && { authorization_details: authorizationDetails }),
          },
        });
        return credentialOf(context, readToken(answer, what, asked));
      },
    };
  },
};
