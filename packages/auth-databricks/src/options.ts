/**
 * Every setting of Databricks unified authentication. What is left out is read from the environment and then from the
 * profile in `~/.databrickscfg`; a value that is already there is never overwritten. Empty strings are unset.
 */
export interface Settings {
  /** `https://dbc-….cloud.databricks.com`; also with `?o=<workspace>`, as copied from a browser. `DATABRICKS_HOST` */
  host?: string;
  clusterId?: string;
  warehouseId?: string;
  serverlessComputeId?: string;
  /** A loopback address that hands out tokens, as editors run one. `DATABRICKS_METADATA_SERVICE_URL` */
  metadataServiceUrl?: string;
  accountId?: string;
  /** Sent as `X-Databricks-Workspace-Id`, which hosts need that serve several workspaces. `DATABRICKS_WORKSPACE_ID` */
  workspaceId?: string;
  /** A personal access token. `DATABRICKS_TOKEN` */
  token?: string;
  username?: string;
  password?: string;
  /** The section of the file. `DATABRICKS_CONFIG_PROFILE` */
  profile?: string;
  /** Default `~/.databrickscfg`. `DATABRICKS_CONFIG_FILE` */
  configFile?: string;
  oauthCallbackPort?: number;
  /** The service account that `google-id` impersonates. */
  googleServiceAccount?: string;
  /** A service account's key: the file's path, or the JSON itself. */
  googleCredentials?: string;
  azureWorkspaceResourceId?: string;
  azureUseMsi?: boolean;
  azureClientSecret?: string;
  azureClientId?: string;
  azureTenantId?: string;
  actionsIdTokenRequestUrl?: string;
  actionsIdTokenRequestToken?: string;
  /** `PUBLIC`, `USGOVERNMENT` or `CHINA`; looked at when the host does not tell. `ARM_ENVIRONMENT` */
  azureEnvironment?: string;
  /** Of no effect, as in Databricks' Go SDK: the host tells. */
  azureLoginAppId?: string;
  /** The service principal's application id, for `oauth-m2m` and the federation strategies. */
  clientId?: string;
  /** For `oauth-m2m`. */
  clientSecret?: string;
  /** OAuth scopes. Default `all-apis`. */
  scopes?: readonly string[];
  /** JSON, sent with `oauth-m2m`. */
  authorizationDetails?: string;
  disableOauthRefreshToken?: boolean;
  /** Callers wait for a new token when the old one has expired, and not before. */
  disableAsyncTokenRefresh?: boolean;
  /** Default: `databricks` on `PATH`. */
  databricksCliPath?: string;
  /** Only this strategy, and no check for contradicting settings. `DATABRICKS_AUTH_TYPE` */
  authType?: string;
  oidcTokenFilepath?: string;
  /** The variable that holds the JWT. Default `DATABRICKS_OIDC_TOKEN`. */
  oidcTokenEnv?: string;
  /** The audience of the JWT that is exchanged. */
  tokenAudience?: string;
  /** The OAuth metadata document, instead of looking for it. */
  discoveryUrl?: string;
  /** `AWS`, `AZURE` or `GCP`, when the host does not tell. */
  cloud?: string;
  skipVerify?: boolean;
  httpTimeoutSeconds?: number;
  retryTimeoutSeconds?: number;
  rateLimit?: number;
  debugHeaders?: boolean;
  debugTruncateBytes?: number;
}

/** The official SDK's `Config`, or anything that writes headers the same way. */
export interface HeaderCredentials {
  authenticate(headers: Headers): PromiseLike<unknown> | unknown;
  /** Where they are good; asked unless the option `host` says it. */
  getHost?(): PromiseLike<URL | string> | URL | string;
}

/** A credential of `@azure/identity`, or anything with its `getToken`. */
export interface TokenCredentials {
  getToken(
    scope: string,
    options?: { abortSignal?: AbortSignal },
  ): PromiseLike<{ token: string; expiresOnTimestamp: number } | null>;
}

/** `new GoogleAuth({ scopes })` of `google-auth-library`, or anything with its `getAccessToken`. */
export interface GoogleAccess {
  getAccessToken(): PromiseLike<string | null | undefined>;
}

/** What `databricks()` takes. */
export interface DatabricksOptions extends Omit<Settings, "scopes"> {
  /** OAuth scopes: a list, or one string with commas or spaces. */
  scopes?: string | readonly string[];
  /** `databricks://user:password@host?setting=value`: several settings in one string. */
  dsn?: string;
  /** Something that is able to authenticate by itself, instead of the strategies. */
  credentials?: HeaderCredentials | TokenCredentials;
  /** For `google-id`. Default: `google-auth-library`, which is then imported. */
  googleAuth?: GoogleAccess;
}

export function isHeaderCredentials(value: unknown): value is HeaderCredentials {
  return typeof (value as HeaderCredentials | undefined)?.authenticate === "function";
}

export function isTokenCredentials(value: unknown): value is TokenCredentials {
  return typeof (value as TokenCredentials | undefined)?.getToken === "function";
}
