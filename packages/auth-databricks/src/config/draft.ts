import type { Settings } from "../options.ts";

/** Settings, and where each was found: an option, a variable, the file or the tracking URI. */
export interface Config {
  readonly settings: Readonly<Settings>;
  /** Safe to print: `"DATABRICKS_HOST"`, `"option host"`, `"~/.databrickscfg [dev]"`. */
  readonly sources: ReadonlyMap<keyof Settings, string>;
}

/** Settings while they are gathered: what is there first, stays. */
export interface Draft {
  readonly settings: Settings;
  readonly sources: Map<keyof Settings, string>;
}

/** Sets what is not set yet. */
export function fill(draft: Draft, key: keyof Settings, value: unknown, source: string): void {
  if (value === undefined || value === "" || draft.settings[key] !== undefined) return;
  Object.assign(draft.settings, { [key]: value });
  draft.sources.set(key, source);
}

/** Whether a setting says anything: a boolean that is false does not. */
export function isSet(settings: Settings, key: keyof Settings): boolean {
  return settings[key] !== undefined && settings[key] !== false;
}
