import type { AuthContext } from "@mlflow-kit/core";
import { fault } from "../errors.ts";
import { ask, fetchJson } from "../oauth/http.ts";
import { readToken, type Token } from "../oauth/token.ts";
import type { Setup } from "../strategies/strategy.ts";

const what = "Entra ID";

/** Asks Entra ID's first token endpoint, which takes a resource, for a service principal's token. */
export async function entraToken(
  context: AuthContext,
  login: string,
  tenantId: string,
  form: Readonly<Record<string, string>>,
): Promise<Token> {
  const asked = context.now();
  const url = new URL(`${login}${checkTenant(tenantId)}/oauth2/token`);
  const answer = await fetchJson(context, {
    method: "POST",
    url,
    what,
    form: { grant_type: "client_credentials", ...form },
  });
  return readToken(answer, what, asked);
}

/** The tenant: as configured, else as the workspace names it by its login redirect. Found once, it stays. */
export function tenantFinder({ settings }: Setup): (context: AuthContext) => Promise<string | undefined> {
  let tenant = settings.azureTenantId;
  return async (context) => {
    if (tenant !== undefined || settings.host === undefined) return tenant;
    const response = await ask(context, { url: new URL("/aad/auth", settings.host), what });
    response.body.cancel();
    const location = response.headers.location;
    const path = typeof location === "string" && URL.canParse(location) ? new URL(location).pathname : "";
    tenant = path.split("/").find((part) => part !== "");
    context.log.debug(`databricks: the workspace names ${tenant === undefined ? "no tenant" : `the tenant ${tenant}`}`);
    return tenant;
  };
}

/** @throws AuthError `ERR_AUTH_INVALID` for what is no tenant: an id or a domain. */
export function checkTenant(tenantId: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(tenantId)) return tenantId;
  throw fault("ERR_AUTH_INVALID", "azure_tenant_id is neither an id nor a domain");
}
