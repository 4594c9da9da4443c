import type { AuthContext } from "@mlflow-kit/core";
import { checkToken } from "@mlflow-kit/core/provider";
import { fault, owner } from "../errors.ts";
import type { Setup } from "../strategies/strategy.ts";
import { checkIdToken } from "./federation.ts";
import { fetchJson } from "./http.ts";

/** Asks GitHub Actions for the job's identity token; `undefined` outside of a job that may have one. */
export function githubIdToken({
  settings,
  where,
  skip,
}: Setup): ((context: AuthContext, audience: string) => Promise<string>) | undefined {
  const { actionsIdTokenRequestUrl: address, actionsIdTokenRequestToken: token } = settings;
  if (address === undefined || token === undefined) {
    return skip(
      "ACTIONS_ID_TOKEN_REQUEST_URL and _TOKEN are not set (in GitHub Actions they need `permissions: id-token: write`)",
    );
  }
  if (!URL.canParse(address)) throw fault("ERR_AUTH_INVALID", `${where("actionsIdTokenRequestUrl")} is no address`);
  const authorization = `Bearer ${checkToken(token, { owner, setting: where("actionsIdTokenRequestToken") })}`;
  return async (context, audience) => {
    const url = new URL(`${address}${address.includes("?") ? "&" : "?"}audience=${readable(audience)}`);
    const answer = await fetchJson(context, { url, what: "GitHub's identity endpoint", headers: { authorization } });
    return checkIdToken(answer.value, "GitHub's answer");
  };
}

/** Encoded as far as needed: audiences are addresses, and GitHub's examples leave them as they are. */
function readable(audience: string): string {
  return encodeURIComponent(audience).replaceAll("%3A", ":").replaceAll("%2F", "/");
}
