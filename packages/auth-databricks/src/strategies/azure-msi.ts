import { azureCandidate } from "../azure/credential.ts";
import { fetchJson } from "../oauth/http.ts";
import { readToken } from "../oauth/token.ts";
import type { Strategy } from "./strategy.ts";

const what = "Azure's instance metadata";

/** The managed identity of an Azure machine. */
export const azureMsi: Strategy = {
  name: "azure-msi",
  configure(setup) {
    const { settings, environment, skip } = setup;
    if (!settings.azureUseMsi) return skip("azure_use_msi is not set");
    if (environment.cloud !== "azure") return skip("the host is not on Azure");
    if (settings.host === undefined && settings.azureWorkspaceResourceId === undefined) return skip("host is not set");
    return azureCandidate(
      setup,
      async (context, resource) => {
        const url = new URL("http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01");
        url.searchParams.set("resource", resource);
        if (settings.azureClientId !== undefined) url.searchParams.set("client_id", settings.azureClientId);
        const asked = context.now();
        const answer = await fetchJson(context, { url, what, headers: { metadata: "true" }, timeoutMs: 10_000 });
        return readToken(answer, what, asked);
      },
      "required",
    );
  },
};
