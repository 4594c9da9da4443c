import { azureCli } from "./azure-cli.ts";
import { azureClientSecret } from "./azure-client-secret.ts";
import { azureDevopsOidc } from "./azure-devops-oidc.ts";
import { azureMsi } from "./azure-msi.ts";
import { basic } from "./basic.ts";
import { databricksCli } from "./databricks-cli.ts";
import { envOidc } from "./env-oidc.ts";
import { fileOidc } from "./file-oidc.ts";
import { githubOidc } from "./github-oidc.ts";
import { githubOidcAzure } from "./github-oidc-azure.ts";
import { googleCredentials } from "./google-credentials.ts";
import { googleId } from "./google-id.ts";
import { metadataService } from "./metadata-service.ts";
import { modelServing } from "./model-serving.ts";
import { oauthM2m } from "./oauth-m2m.ts";
import { pat } from "./pat.ts";
import type { Strategy } from "./strategy.ts";

/** In the order in which they are tried, which is the Go SDK's. */
export const strategies: readonly Strategy[] = [
  pat,
  basic,
  oauthM2m,
  databricksCli,
  metadataService,
  githubOidc,
  azureDevopsOidc,
  envOidc,
  fileOidc,
  githubOidcAzure,
  azureMsi,
  azureClientSecret,
  azureCli,
  googleCredentials,
  googleId,
  modelServing(),
];
