import type { Settings } from "../options.ts";

/** One setting: how it is named in code, in the file and in the environment. */
export interface Attribute {
  readonly key: keyof Settings;
  /** In the file, and in errors. */
  readonly name: string;
  /** Read in this order. */
  readonly env: readonly string[];
  /** Other names in the file, of other SDKs. */
  readonly aliases: readonly string[];
  readonly kind: "string" | "boolean" | "number" | "list";
  /** The way of authenticating that it belongs to; settings of two groups contradict each other. */
  readonly group: string | undefined;
  readonly secret: boolean;
}

interface Details extends Partial<Omit<Attribute, "key" | "env">> {
  readonly env?: string | readonly string[];
}

function attribute(key: keyof Settings, details: Details = {}): Attribute {
  const { name = snakeCase(key), env = [], aliases = [], kind = "string", group, secret = false } = details;
  return { key, name, env: typeof env === "string" ? [env] : env, aliases, kind, group, secret };
}

function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** In the order in which the Go SDK declares them, which is the order in errors. */
export const attributes: readonly Attribute[] = [
  attribute("host", { env: "DATABRICKS_HOST" }),
  attribute("clusterId", { env: "DATABRICKS_CLUSTER_ID" }),
  attribute("warehouseId", { env: "DATABRICKS_WAREHOUSE_ID" }),
  attribute("serverlessComputeId", { env: "DATABRICKS_SERVERLESS_COMPUTE_ID" }),
  attribute("metadataServiceUrl", { env: "DATABRICKS_METADATA_SERVICE_URL", group: "metadata-service", secret: true }),
  attribute("accountId", { env: "DATABRICKS_ACCOUNT_ID" }),
  attribute("workspaceId", { env: "DATABRICKS_WORKSPACE_ID" }),
  attribute("token", { env: "DATABRICKS_TOKEN", group: "pat", secret: true }),
  attribute("username", { env: "DATABRICKS_USERNAME", group: "basic" }),
  attribute("password", { env: "DATABRICKS_PASSWORD", group: "basic", secret: true }),
  attribute("profile", { env: "DATABRICKS_CONFIG_PROFILE" }),
  attribute("configFile", { env: "DATABRICKS_CONFIG_FILE" }),
  attribute("oauthCallbackPort", { env: "DATABRICKS_OAUTH_CALLBACK_PORT", kind: "number" }),
  attribute("googleServiceAccount", { env: "DATABRICKS_GOOGLE_SERVICE_ACCOUNT", group: "google" }),
  attribute("googleCredentials", { env: "GOOGLE_CREDENTIALS", group: "google", secret: true }),
  attribute("azureWorkspaceResourceId", { env: "DATABRICKS_AZURE_RESOURCE_ID", group: "azure" }),
  attribute("azureUseMsi", { env: "ARM_USE_MSI", group: "azure", kind: "boolean" }),
  attribute("azureClientSecret", { env: "ARM_CLIENT_SECRET", group: "azure", secret: true }),
  attribute("azureClientId", { env: "ARM_CLIENT_ID", group: "azure" }),
  attribute("azureTenantId", { env: "ARM_TENANT_ID", group: "azure" }),
  attribute("actionsIdTokenRequestUrl", { env: "ACTIONS_ID_TOKEN_REQUEST_URL" }),
  attribute("actionsIdTokenRequestToken", { env: "ACTIONS_ID_TOKEN_REQUEST_TOKEN", secret: true }),
  attribute("azureEnvironment", { env: "ARM_ENVIRONMENT" }),
  attribute("azureLoginAppId", { env: "DATABRICKS_AZURE_LOGIN_APP_ID", group: "azure" }),
  attribute("clientId", { env: "DATABRICKS_CLIENT_ID", group: "oauth" }),
  attribute("clientSecret", { env: "DATABRICKS_CLIENT_SECRET", group: "oauth", secret: true }),
  attribute("scopes", { kind: "list" }),
  attribute("authorizationDetails"),
  attribute("disableOauthRefreshToken", { env: "DATABRICKS_DISABLE_OAUTH_REFRESH_TOKEN", kind: "boolean" }),
  attribute("disableAsyncTokenRefresh", { env: "DATABRICKS_DISABLE_ASYNC_TOKEN_REFRESH", kind: "boolean" }),
  attribute("databricksCliPath", { env: "DATABRICKS_CLI_PATH" }),
  attribute("authType", { env: "DATABRICKS_AUTH_TYPE" }),
  attribute("oidcTokenFilepath", {
    env: ["DATABRICKS_OIDC_TOKEN_FILEPATH", "DATABRICKS_OIDC_TOKEN_FILE"],
    aliases: ["databricks_id_token_filepath"],
    group: "file-oidc",
  }),
  attribute("oidcTokenEnv", { env: "DATABRICKS_OIDC_TOKEN_ENV", group: "env-oidc" }),
  attribute("skipVerify", { kind: "boolean" }),
  attribute("httpTimeoutSeconds", { kind: "number" }),
  attribute("debugTruncateBytes", { env: "DATABRICKS_DEBUG_TRUNCATE_BYTES", kind: "number" }),
  attribute("debugHeaders", { env: "DATABRICKS_DEBUG_HEADERS", kind: "boolean" }),
  attribute("rateLimit", { env: "DATABRICKS_RATE_LIMIT", kind: "number" }),
  attribute("retryTimeoutSeconds", { kind: "number" }),
  attribute("tokenAudience", { env: "DATABRICKS_TOKEN_AUDIENCE", aliases: ["audience"] }),
  attribute("discoveryUrl", { env: "DATABRICKS_DISCOVERY_URL" }),
  attribute("cloud", { env: "DATABRICKS_CLOUD" }),
];

const byKey = new Map<string, Attribute>(attributes.map((one) => [one.key, one]));

/** By its name in code. */
export function attributeByKey(key: string): Attribute | undefined {
  return byKey.get(key);
}
