import type { AuthContext } from "@mlflow-kit/core";
import { canonicalHost } from "../config/host.ts";
import { fault } from "../errors.ts";
import { fetchJson } from "../oauth/http.ts";
import type { Candidate, Setup } from "../strategies/strategy.ts";

/** Asks Azure Resource Manager for the host of the workspace that only its resource id names. */
export async function workspaceHost(
  context: AuthContext,
  setup: Pick<Setup, "environment" | "settings">,
  candidate: Candidate,
): Promise<string> {
  const { resourceManager } = setup.environment.azure;
  const resourceId = setup.settings.azureWorkspaceResourceId!;
  const token = await candidate.azureToken!(context, resourceManager);
  const url = new URL(`${resourceManager}${resourceId.replace(/^\/+/, "")}?api-version=2018-04-01`);
  if (url.origin !== new URL(resourceManager).origin) throw invalid();
  const answer = await fetchJson(context, {
    url,
    what: "Azure Resource Manager",
    headers: { authorization: `${token.scheme} ${token.value}` },
  });
  const told = (answer.properties as { workspaceUrl?: unknown } | undefined)?.workspaceUrl;
  const host = typeof told === "string" ? canonicalHost(told)?.host : undefined;
  if (host === undefined) throw fault("ERR_AUTH_LOAD", "Azure Resource Manager names no host of the workspace");
  return host;
}

function invalid() {
  return fault("ERR_AUTH_INVALID", "azure_workspace_resource_id is no resource id", {
    hint: "Write it as /subscriptions/…/resourceGroups/…/providers/Microsoft.Databricks/workspaces/….",
  });
}
