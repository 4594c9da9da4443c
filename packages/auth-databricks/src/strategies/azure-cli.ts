import type { AuthContext } from "@mlflow-kit/core";
import { findExecutable, runCommand } from "@mlflow-kit/core/provider";
import { azureCandidate } from "../azure/credential.ts";
import { checkTenant, tenantFinder } from "../azure/entra.ts";
import { parseJsonOutput } from "../command.ts";
import { fault, owner } from "../errors.ts";
import { epochSeconds, scheme, type Token, tokenValue } from "../oauth/token.ts";
import { complaint } from "../wording.ts";
import type { Strategy } from "./strategy.ts";

const what = "the Azure CLI";

/** Who is logged in by `az login`. */
export const azureCli: Strategy = {
  name: "azure-cli",
  async configure(setup) {
    const { settings, environment, context, skip } = setup;
    if (environment.cloud !== "azure") return skip("the host is not on Azure");
    if (settings.host === undefined && settings.azureWorkspaceResourceId === undefined) return skip("host is not set");
    const path = await findExecutable("az", context.env);
    if (path === undefined) return skip("Most likely Azure CLI is not installed: there is no az on PATH");
    const tenant = tenantFinder(setup);
    const run = (fresh: AuthContext, args: readonly string[]) =>
      runCommand([...program(path), ...args, "--output", "json"], { owner, env: context.env, signal: fresh.signal });
    return azureCandidate(setup, tokenFor, "optional");

    async function tokenFor(fresh: AuthContext, resource: string): Promise<Token> {
      const tenantId = await tenant(fresh);
      const account = await run(fresh, ["account", "show"]);
      if (account.exitCode !== 0)
        throw fault("ERR_AUTH_COMMAND", `cannot get account info: ${complaint(account.stderr)}`);
      const user = parseJsonOutput(account.stdout, what).user as { name?: unknown; type?: unknown } | undefined;
      const principal = user?.type === "servicePrincipal";
      const managed = principal && /^(system|user)AssignedIdentity$/.test(String(user?.name));
      const tries = attempts(resource, managed ? undefined : tenantId, tenantId === undefined);
      if (principal && !managed && tenantId !== undefined) tries.push(...attempts(resource, undefined, false));
      let said = "";
      for (const args of tries) {
        const { exitCode, stdout, stderr } = await run(fresh, args);
        if (exitCode === 0) return readCliToken(stdout);
        said = stderr;
      }
      throw fault("ERR_AUTH_COMMAND", `cannot get access token: ${complaint(said)}`, {
        hint: "Run az login, and az account set to choose a subscription.",
      });
    }

    /** A subscription tells the tenant, where no other does; who may not see it goes on without. */
    function attempts(resource: string, tenantId: string | undefined, bySubscription: boolean): string[][] {
      const args = ["account", "get-access-token", "--resource", resource];
      if (tenantId !== undefined) args.push("--tenant", checkTenant(tenantId));
      const subscription = bySubscription ? subscriptionOf(settings.azureWorkspaceResourceId) : undefined;
      return subscription === undefined ? [args] : [[...args, "--subscription", subscription], args];
    }
  },
};

/** On Windows `az` is a batch file, which starts a Python beside it; a batch file would need a shell. */
function program(az: string): [string, ...string[]] {
  if (!/\.(cmd|bat)$/i.test(az)) return [az];
  return [az.replace(/[^\\/]+[\\/][^\\/]+$/, "python.exe"), "-IBm", "azure.cli"];
}

function subscriptionOf(resourceId: string | undefined): string | undefined {
  const part = resourceId?.split("/")[2];
  return part && /^[A-Za-z0-9][A-Za-z0-9 ._()-]*$/.test(part) ? part : undefined;
}

/** Reads the answer of `az account get-access-token`. `expires_on` is newer; `expiresOn` is in local time. */
export function readCliToken(stdout: string): Token {
  const answer = parseJsonOutput(stdout, what);
  return {
    value: tokenValue(answer.accessToken, `accessToken of ${what}`),
    scheme: scheme(answer.tokenType, what),
    expiresAt: answer.expires_on === undefined ? localTime(answer.expiresOn) : epochSeconds(answer.expires_on, what),
  };
}

function localTime(value: unknown): Date {
  const [, day, time] = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?)\d*$/.exec(String(value)) ?? [];
  const date = new Date(`${day}T${time}`);
  if (!Number.isNaN(date.getTime())) return date;
  throw fault("ERR_AUTH_COMMAND", `cannot parse expiry of ${what}`);
}
