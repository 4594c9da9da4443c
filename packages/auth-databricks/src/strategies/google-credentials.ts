import { expandHome, readCredentialFile } from "@mlflow-kit/core/provider";
import { owner } from "../errors.ts";
import { accessScopes, googleCredential } from "../google/credential.ts";
import { exchangeAssertion, parseServiceAccountKey } from "../google/service-account.ts";
import { readToken } from "../oauth/token.ts";
import type { Strategy } from "./strategy.ts";

/** A service account's key. */
export const googleCredentials: Strategy = {
  name: "google-credentials",
  configure({ settings, environment, context, where, skip }) {
    const { host, googleCredentials: given } = settings;
    if (given === undefined) return skip("google_credentials is not set");
    if (host === undefined) return skip("host is not set");
    if (environment.cloud !== "gcp") return skip("the host is not on Google Cloud");
    const about = { owner, setting: where("googleCredentials") };
    const inline = given.trimStart().startsWith("{");
    const path = inline ? "" : expandHome(given, context.homeDir, about);
    return {
      async load(fresh) {
        const key = parseServiceAccountKey(inline ? given : await readCredentialFile(path, about));
        return googleCredential(
          fresh,
          async () => (await exchangeAssertion(fresh, key, { target_audience: host })).id_token,
          async () => {
            const asked = fresh.now();
            const answer = await exchangeAssertion(fresh, key, { scope: accessScopes.join(" ") });
            return readToken(answer, "Google's token endpoint", asked);
          },
        );
      },
    };
  },
};
