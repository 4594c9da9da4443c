import type { AuthContext, Credential } from "@mlflow-kit/core";
import { azureMargin, credentialOf, type Token } from "../oauth/token.ts";
import type { Candidate, Setup } from "../strategies/strategy.ts";

/** Asks for a token for one resource. */
export type TokenFor = (context: AuthContext, resource: string) => Promise<Token>;

/**
 * What the strategies of Azure have in common: a token for Azure Databricks, beside it one for Azure's service
 * management (which lets a service principal in that the workspace does not know yet), and the workspace's resource id.
 *
 * @param management `required`: no header without it. `optional`: people often may not have it. `none`: not asked for.
 */
export function azureCandidate(
  setup: Setup,
  tokenFor: TokenFor,
  management: "required" | "optional" | "none",
): Candidate {
  const { environment, settings } = setup;
  return {
    azureToken: tokenFor,
    async load(context): Promise<Credential> {
      const token = await tokenFor(context, environment.azureApplicationId);
      const beside = management === "none" ? undefined : await managementToken(context);
      return credentialOf(context, token, {
        marginMs: azureMargin,
        expiresWith: [beside],
        headers: {
          "x-databricks-azure-sp-management-token": beside?.value,
          "x-databricks-azure-workspace-resource-id": settings.azureWorkspaceResourceId,
        },
      });
    },
  };

  async function managementToken(context: AuthContext): Promise<Token | undefined> {
    try {
      return await tokenFor(context, environment.azure.serviceManagement);
    } catch (error) {
      if (management === "required" || context.signal?.aborted) throw error;
      context.log.debug("databricks: no token for Azure's service management; going on without it");
      return undefined;
    }
  }
}
