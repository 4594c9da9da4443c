import { federated } from "../oauth/federation.ts";
import { githubIdToken } from "../oauth/github.ts";
import type { Strategy } from "./strategy.ts";

/** The identity of a GitHub Actions job. */
export const githubOidc: Strategy = {
  name: "github-oidc",
  configure(setup) {
    if (setup.settings.host === undefined) return setup.skip("host is not set");
    const idToken = githubIdToken(setup);
    return idToken && federated(setup, idToken);
  },
};
