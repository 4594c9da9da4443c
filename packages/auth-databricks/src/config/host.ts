/** A host as it is used, and what its query told. */
export interface CanonicalHost {
  /** An origin: `https://dbc-1.cloud.databricks.com`. */
  readonly host: string;
  readonly workspaceId?: string;
  readonly accountId?: string;
}

/**
 * The origin of a host as people write it: with or without `https://`, with the path and query of a browser's address
 * bar. `?w=`, `?o=` and `?workspace_id=` name the workspace, `?a=` and `?account_id=` the account.
 *
 * @returns `undefined` when it is no host.
 */
export function canonicalHost(raw: string): CanonicalHost | undefined {
  const text = raw.trim();
  // URL would drop line breaks and tabs silently.
  const url = /[\u0000-\u001f\u007f]/.test(text) ? undefined : parse(withScheme(text));
  if (url === undefined) return undefined;
  if (url.protocol !== "https:" && url.protocol !== "http:") return undefined;
  if (url.username !== "" || url.password !== "" || !/^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])$/.test(url.hostname)) {
    return undefined;
  }
  const { searchParams: query } = url;
  const numeric = [query.get("o"), query.get("workspace_id")].find((value) => value !== null && /^\d+$/.test(value));
  const workspaceId = query.get("w") || numeric;
  const accountId = query.get("a") || query.get("account_id");
  return { host: url.origin, ...(workspaceId && { workspaceId }), ...(accountId && { accountId }) };
}

/** A host whose API is an account's, by its name. */
export function isAccountHost(host: string): boolean {
  return /^https?:\/\/accounts(?:-dod)?\./i.test(host);
}

function withScheme(text: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
}

function parse(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
