import { stat } from "node:fs/promises";
import { delimiter } from "node:path";
import type { AuthContext, Environment } from "@mlflow-kit/core";
import { expandHome, findExecutable, jwtExpiry, runCommand } from "@mlflow-kit/core/provider";
import { parseJsonOutput } from "../command.ts";
import { isAccountHost } from "../config/host.ts";
import { fault, owner } from "../errors.ts";
import { credentialOf, scheme, type Token, tokenValue } from "../oauth/token.ts";
import type { Settings } from "../options.ts";
import { complaint } from "../wording.ts";
import type { Strategy } from "./strategy.ts";

const what = "the Databricks CLI";
/** The old CLI is a small Python script, the new one a program of many megabytes. */
const legacyBelow = 1024 * 1024;

/** Who is logged in by `databricks auth login`. */
export const databricksCli: Strategy = {
  name: "databricks-cli",
  async configure({ settings, context, skip }) {
    if (settings.host === undefined) return skip("host is not set");
    const path = await findCli(settings, context, skip);
    if (path === undefined) return undefined;
    const env = cliEnvironment(settings, context.env);
    let version: string | undefined;
    return {
      async load(fresh) {
        version ??= await cliVersion(path, env, fresh);
        const command = cliTokenCommand(settings, version);
        const { exitCode, stdout, stderr } = await runCommand([path, ...command], { owner, env, signal: fresh.signal });
        if (exitCode !== 0) throw refusal(stderr);
        const token = readCliToken(stdout);
        checkScopes(settings, token.value);
        return credentialOf(fresh, token);
      },
    };
  },
};

/** Looks for the new CLI, and starts nothing. */
async function findCli(
  settings: Readonly<Settings>,
  context: AuthContext,
  skip: (reason: string) => undefined,
): Promise<string | undefined> {
  const { databricksCliPath } = settings;
  const about = { owner, setting: "databricks_cli_path" };
  const name = databricksCliPath ?? "databricks";
  const found = /[\\/]/.test(name) ? [expandHome(name, context.homeDir, about)] : await alongPath(name, context.env);
  const sizes = await Promise.all(found.map(sizeOf));
  const current = found.find((_, index) => (sizes[index] ?? 0) >= legacyBelow);
  if (current !== undefined) return current;
  if (sizes.some((size) => size !== undefined)) {
    return skip("legacy databricks CLI detected (version <0.100.0); upgrade to >= 0.100.0");
  }
  return skip("databricks CLI not found: most likely the Databricks CLI is not installed");
}

async function alongPath(name: string, env: Environment): Promise<string[]> {
  const key = Object.keys(env).find((one) => one.toUpperCase() === "PATH") ?? "PATH";
  const folders = (env[key] ?? "").split(delimiter);
  const found = await Promise.all(folders.map((folder) => findExecutable(name, { ...env, [key]: folder })));
  return found.filter((path) => path !== undefined);
}

async function sizeOf(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ? found.size : undefined;
}

/** The CLI reads the same variables; those that say how to authenticate would contradict what it is told. */
function cliEnvironment(settings: Readonly<Settings>, env: Environment): Environment {
  const kept = Object.entries(env).filter(([name]) => !/^(DATABRICKS|ARM|ACTIONS_ID|GOOGLE_CREDENTIALS)/.test(name));
  const storage = env.DATABRICKS_AUTH_STORAGE;
  return {
    ...Object.fromEntries(kept),
    ...(storage && { DATABRICKS_AUTH_STORAGE: storage }),
    ...(settings.configFile && { DATABRICKS_CONFIG_FILE: settings.configFile }),
  };
}

async function cliVersion(path: string, env: Environment, context: AuthContext): Promise<string | undefined> {
  try {
    const { stdout } = await runCommand([path, "version"], { owner, env, signal: context.signal, timeoutMs: 5_000 });
    return parseCliVersion(stdout);
  } catch (error) {
    if (context.signal?.aborted) throw error;
    return undefined;
  }
}

/** The version in what `databricks version` printed, as text or, with `--output json`, as JSON. */
export function parseCliVersion(stdout: string): string | undefined {
  if (!stdout.trimStart().startsWith("{")) return /^Databricks CLI v(\d+\.\d+\.\d+\S*)/.exec(stdout)?.[1];
  try {
    const { Major, Minor, Patch } = JSON.parse(stdout) as Record<string, unknown>;
    const parts = [Major, Minor, Patch];
    return parts.every((part) => Number.isInteger(part)) ? parts.join(".") : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The arguments that make the CLI print a token.
 *
 * @throws AuthError `ERR_AUTH_INCOMPLETE` when there is nothing that this version understands.
 */
export function cliTokenCommand(settings: Readonly<Settings>, version: string | undefined): string[] {
  const { profile, host, accountId } = settings;
  const fresh = isAtLeast(version, 0, 296, 0) ? ["--force-refresh"] : [];
  if (profile !== undefined && isAtLeast(version, 0, 207, 1)) {
    return ["auth", "token", "--profile", checkArgument(profile, "profile"), ...fresh];
  }
  if (host !== undefined) {
    const account = accountId && isAccountHost(host) ? ["--account-id", checkArgument(accountId, "account_id")] : [];
    return ["auth", "token", "--host", host, ...account, ...fresh];
  }
  if (profile === undefined) throw fault("ERR_AUTH_INCOMPLETE", "neither profile nor host is configured");
  throw fault(
    "ERR_AUTH_INCOMPLETE",
    `databricks CLI ${version ? `v${version}` : "of unknown version"} does not support --profile and no host fallback is configured`,
    { hint: "Upgrade the Databricks CLI, or set DATABRICKS_HOST." },
  );
}

function checkArgument(value: string, name: string): string {
  if (/^[^-\s\u0000-\u001f\u007f][^\u0000-\u001f\u007f]*$/.test(value)) return value;
  throw fault("ERR_AUTH_INVALID", `${name} cannot be handed to the Databricks CLI`, {
    hint: "It begins with a hyphen or a space, or holds a control character.",
  });
}

/** A development build calls itself 0.0.0-dev. */
function isAtLeast(version: string | undefined, ...wanted: readonly number[]): boolean {
  const parts = version?.match(/\d+/g)?.map(Number) ?? [];
  const index = wanted.findIndex((number, place) => number !== (parts[place] ?? 0));
  return parts.length >= 3 && (index === -1 || parts[index]! > wanted[index]!);
}

function refusal(stderr: string) {
  const hint = "Run databricks auth login, with the same host or profile.";
  if (stderr.includes("databricks OAuth is not")) {
    return fault("ERR_AUTH_COMMAND", "databricks OAuth is not configured for this host: nobody is logged in", { hint });
  }
  return fault("ERR_AUTH_COMMAND", `cannot get access token: ${complaint(stderr)}`, { hint });
}

function readCliToken(stdout: string): Token {
  const answer = parseJsonOutput(stdout, what);
  const value = tokenValue(answer.access_token, `access_token of ${what}`);
  return {
    value,
    scheme: scheme(answer.token_type, what),
    expiresAt: parseCliExpiry(answer.expiry) ?? jwtExpiry(value),
  };
}

/**
 * The expiry that the CLI prints: RFC 3339 with up to nine decimals. Older forms without a zone are in UTC.
 *
 * @throws AuthError `ERR_AUTH_COMMAND` for anything else; an absent one is `undefined`.
 */
export function parseCliExpiry(value: unknown): Date | undefined {
  if (value === undefined || value === null) return undefined;
  const form = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})?$/;
  const [, day, time, fraction = "", zone = "Z"] = form.exec(String(value)) ?? [];
  const date = new Date(`${day}T${time}${fraction.slice(0, 4)}${zone}`);
  if (!Number.isNaN(date.getTime())) return date;
  throw fault("ERR_AUTH_COMMAND", `cannot parse expiry of ${what}`);
}

/** Whoever logged in may have been given other scopes than are wanted; the token is a JWT and tells. */
function checkScopes(settings: Readonly<Settings>, token: string): void {
  if (settings.scopes === undefined) return;
  const granted = scopeClaim(token);
  if (granted === undefined) return;
  const relevant = (scopes: readonly string[]) => [...new Set(scopes)].filter((one) => one !== "offline_access").sort();
  const [has, wants] = [relevant(granted).join(" "), relevant(settings.scopes).join(" ")];
  if (has === wants) return;
  throw fault(
    "ERR_AUTH_COMMAND",
    `the scopes of ${what}'s token (${has}) do not match the configured scopes (${wants})`,
    {
      hint: `Run databricks auth login --scopes ${wants.replaceAll(" ", ",")}`,
    },
  );
}

function scopeClaim(token: string): string[] | undefined {
  try {
    const { scope } = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as { scope?: unknown };
    if (typeof scope === "string") return scope.split(/\s+/).filter((one) => one !== "");
    return Array.isArray(scope) ? scope.filter((one) => typeof one === "string") : undefined;
  } catch {
    return undefined;
  }
}
