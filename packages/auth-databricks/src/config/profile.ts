import type { AuthContext } from "@mlflow-kit/core";
import { expandHome, readOptionalFile, warnIfExposed } from "@mlflow-kit/core/provider";
import { fault, owner } from "../errors.ts";
import { attributes } from "./attributes.ts";
import { describeConfig } from "./describe.ts";
import { type Draft, fill } from "./draft.ts";
import { canonicalHost } from "./host.ts";
import { type Ini, IniError, parseIni } from "./ini.ts";
import { parseSetting } from "./value.ts";

/** The section that holds settings of the file itself. */
const reserved = "__settings__";
const fallback = "DEFAULT";

/**
 * Fills what is open from one section of `~/.databrickscfg`: the profile that was chosen, else the one that
 * `[__settings__] default_profile` names, else `DEFAULT`. Sections inherit nothing from each other. A file that does
 * not exist is no error.
 *
 * @throws AuthError `ERR_AUTH_FILE` for a file that cannot be read, and a profile that it does not have.
 */
export async function readProfile(draft: Draft, context: AuthContext): Promise<void> {
  const chosen = draft.settings.profile;
  if (chosen === reserved) throw reservedName(draft);
  const shown = draft.settings.configFile ?? "~/.databrickscfg";
  const about = { owner, setting: draft.sources.get("configFile") ?? "DATABRICKS_CONFIG_FILE" };
  const path = expandHome(shown, context.homeDir, about);
  const text = await readOptionalFile(path, about);
  if (text === undefined) return;
  const ini = parse(text, shown);
  const byDefault = ini.get(reserved)?.get("default_profile")?.trim() || undefined;
  if (chosen === undefined && byDefault === reserved) throw reservedName(draft);
  const profile = chosen ?? byDefault ?? fallback;
  const section = ini.get(profile);
  if (section === undefined || section.size === 0) {
    if (chosen === undefined && byDefault === undefined) return;
    throw fault("ERR_AUTH_FILE", `resolve: ${shown} has no ${profile} profile configured.${describeConfig(draft)}`, {
      hint: `Its profiles are ${profilesOf(ini).join(", ") || "none"}; add one with: databricks configure --profile NAME`,
    });
  }
  const source = `${shown} [${profile}]`;
  fill(draft, "profile", profile, source);
  let secrets = false;
  for (const { key, name, aliases, kind, secret } of attributes) {
    const value = [name, ...aliases].map((one) => section.get(one)).find((one) => one);
    if (value === undefined || draft.settings[key] !== undefined) continue;
    fill(draft, key, parseSetting(kind, value, `${name} in ${source}`), source);
    secrets ||= secret;
  }
  if (!secrets) return;
  await warnIfExposed(path, { owner, log: context.log });
  const [used, own] = [draft.settings.host, section.get("host")].map((host) => host && canonicalHost(host)?.host);
  if (own && used !== own) {
    context.log.warn(
      `databricks: the secrets of ${source} go to the host of ${draft.sources.get("host")}, not to ${own}`,
    );
  }
}

function parse(text: string, shown: string): Ini {
  try {
    return parseIni(text);
  } catch (error) {
    const place = error instanceof IniError ? error.message : "it cannot be read";
    throw fault("ERR_AUTH_FILE", `resolve: ${shown}: ${place}`, {
      hint: "Write it as [profile], and below it one line each of key = value.",
    });
  }
}

function profilesOf(ini: Ini): string[] {
  return [...ini].filter(([name, section]) => name !== reserved && section.size > 0).map(([name]) => name);
}

function reservedName(draft: Draft) {
  const what = `resolve: ${reserved} is a reserved section name and cannot be used as a profile`;
  return fault("ERR_AUTH_FILE", `${what}.${describeConfig(draft)}`, { hint: "Choose another profile." });
}
