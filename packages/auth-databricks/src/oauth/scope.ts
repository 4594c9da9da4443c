import type { Settings } from "../options.ts";

/** The scopes to ask for. */
export function scopes(settings: Readonly<Settings>): readonly string[] {
  return settings.scopes ?? ["all-apis"];
}

/** The scopes as OAuth writes them. */
export function scopeOf(settings: Readonly<Settings>): string {
  return scopes(settings).join(" ");
}
