import { azureCandidate } from "../azure/credential.ts";
import { entraToken, tenantFinder } from "../azure/entra.ts";
import { fault } from "../errors.ts";
import type { Strategy } from "./strategy.ts";

/** A service principal of Entra ID, with its secret. */
export const azureClientSecret: Strategy = {
  name: "azure-client-secret",
  configure(setup) {
    const { settings, environment, skip } = setup;
    const { azureClientId, azureClientSecret: secret } = settings;
    if (azureClientId === undefined || secret === undefined) {
      return skip("azure_client_id and azure_client_secret are not both set");
    }
    if (environment.cloud !== "azure") return skip("the host is not on Azure");
    if (settings.azureTenantId === undefined && settings.host === undefined) return skip("azure_tenant_id is not set");
    const tenant = tenantFinder(setup);
    return azureCandidate(
      setup,
      async (context, resource) => {
        const tenantId = await tenant(context);
        if (tenantId === undefined) {
          throw fault("ERR_AUTH_INCOMPLETE", "azure_tenant_id is not set, and the workspace does not tell it", {
            hint: "Set ARM_TENANT_ID or the option azureTenantId.",
          });
        }
        return entraToken(context, environment.azure.login, tenantId, {
          client_id: azureClientId,
          client_secret: secret,
          resource,
        });
      },
      "required",
    );
  },
};
