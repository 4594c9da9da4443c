import {
  AuthError,
  type AuthProvider,
  type ClientOptions,
  createClient,
  envString,
  MlflowError,
} from "@mlflow-kit/core";
import { awsDomain, endpointUrl, parseSageMakerArn, type SageMakerArn } from "./sagemaker-arn.ts";
import { type Sigv4Options, sigv4 } from "./sigv4.ts";

export interface PresignedUiUrlOptions extends Omit<Sigv4Options, "region" | "service"> {
  /** Seconds until the link must have been opened, 5 to 300. Default 300. */
  readonly expiresInSeconds?: number;
  /** Seconds that the session in the browser lasts, 1800 to 43 200. Default 5000. */
  readonly sessionSeconds?: number;
  /** Environment, trust, time limits and log of the one call. `SAGEMAKER_ENDPOINT_URL` replaces AWS's address. */
  readonly client?: Omit<ClientOptions, "trackingUri" | "auth">;
}

/**
 * A link that opens the web page of a SageMaker tracking server or app in a browser, without a further login. Whoever
 * has it is let in, so keep it out of logs. It asks SageMaker's `CreatePresignedMlflowTrackingServerUrl` or
 * `CreatePresignedMlflowAppUrl`, which the caller must be allowed.
 *
 * @throws AuthError `ERR_TRACKING_URI` for what is no ARN of SageMaker MLflow; MlflowError `ERR_RESPONSE` for an answer
 * without a link; otherwise what `client.request` throws.
 */
export async function presignedUiUrl(arn: string, options: PresignedUiUrlOptions = {}): Promise<URL> {
  const server = parseSageMakerArn(arn);
  if (server === undefined) {
    throw new AuthError(
      "ERR_TRACKING_URI",
      "sigv4: presignedUiUrl wants the ARN of a SageMaker tracking server or app",
      {
        hint: "Pass arn:<partition>:sagemaker:<region>:<account>:mlflow-tracking-server/<name>, or …:mlflow-app/<id>.",
      },
    );
  }
  const { expiresInSeconds = 300, sessionSeconds = 5000, client: clientOptions, ...credentials } = options;
  const client = createClient({ ...clientOptions, trackingUri: arn, auth: sageMakerApi(server, credentials) });
  try {
    const app = server.kind === "mlflow-app";
    const answer = await client.request("POST /", undefined, {
      headers: {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": `SageMaker.CreatePresignedMlflow${app ? "App" : "TrackingServer"}Url`,
      },
      body: JSON.stringify({
        ...(app ? { Arn: arn } : { TrackingServerName: server.name }),
        ExpiresInSeconds: expiresInSeconds,
        SessionExpirationDurationInSeconds: sessionSeconds,
      }),
      repeatable: true,
    });
    const { AuthorizedUrl: link } = answer as { AuthorizedUrl?: unknown };
    if (typeof link === "string" && URL.canParse(link)) return new URL(link);
    throw new MlflowError("ERR_RESPONSE", "sigv4: SageMaker answered without an AuthorizedUrl", {
      hint: "If SAGEMAKER_ENDPOINT_URL is set, see that SageMaker's own API is there.",
    });
  } finally {
    await client.close();
  }
}

/** Signs for SageMaker's own API instead of for the server behind the ARN. */
function sageMakerApi({ region }: SageMakerArn, credentials: Sigv4Options): AuthProvider {
  return {
    name: "sigv4",
    async resolve(context) {
      const custom = envString(context.env, "SAGEMAKER_ENDPOINT_URL");
      const baseUrl = custom
        ? endpointUrl(custom, "SAGEMAKER_ENDPOINT_URL")
        : new URL(`https://api.sagemaker.${region}.${awsDomain(region)}`);
      const signer = sigv4({ ...credentials, region, service: "sagemaker" });
      const auth = await signer.resolve(Object.create(context, { trackingUri: { value: baseUrl.href } }));
      return auth && { ...auth, baseUrl };
    },
  };
}
