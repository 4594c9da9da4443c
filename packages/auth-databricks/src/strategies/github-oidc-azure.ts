import { azureCandidate } from "../azure/credential.ts";
import { entraToken, tenantFinder } from "../azure/entra.ts";
import { fault } from "../errors.ts";
import { githubIdToken } from "../oauth/github.ts";
import type { Strategy } from "./strategy.ts";

/** The identity of a GitHub Actions job, as a service principal of Entra ID that trusts it. */
export const githubOidcAzure: Strategy = {
  name: "github-oidc-azure",
  configure(setup) {
    const { settings, environment, skip } = setup;
    const { azureClientId } = settings;
    if (azureClientId === undefined) return skip("azure_client_id is not set");
    if (settings.host === undefined) return skip("host is not set");
    if (environment.cloud !== "azure") return skip("the host is not on Azure");
    const idToken = githubIdToken(setup);
    if (idToken === undefined) return undefined;
    const tenant = tenantFinder(setup);
    return azureCandidate(
      setup,
      async (context, resource) => {
        const tenantId = await tenant(context);
        if (tenantId === undefined) throw fault("ERR_AUTH_INCOMPLETE", "azure_tenant_id is not set");
        return entraToken(context, environment.azure.login, tenantId, {
          client_id: azureClientId,
          client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
          client_assertion: await idToken(context, "api://AzureADTokenExchange"),
          resource,
        });
      },
      "none",
    );
  },
};
