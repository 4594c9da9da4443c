import { expandHome, readCredentialFile } from "@mlflow-kit/core/provider";
import { owner } from "../errors.ts";
import { checkIdToken, federated } from "../oauth/federation.ts";
import type { Strategy } from "./strategy.ts";

/** A JWT in a file, as Kubernetes projects it; read anew for each exchange. */
export const fileOidc: Strategy = {
  name: "file-oidc",
  configure(setup) {
    const { settings, context, skip } = setup;
    if (settings.host === undefined) return skip("host is not set");
    if (settings.oidcTokenFilepath === undefined) return skip("oidc_token_filepath is not set");
    const about = { owner, setting: "oidc_token_filepath" };
    const path = expandHome(settings.oidcTokenFilepath, context.homeDir, about);
    return federated(setup, async () => checkIdToken((await readCredentialFile(path, about)).trim(), path));
  },
};
