import { AuthError, type Environment, envString } from "@mlflow-kit/core";

/** A SageMaker tracking server or app, named by its ARN. */
export interface SageMakerArn {
  readonly arn: string;
  readonly partition: string;
  readonly region: string;
  readonly kind: "mlflow-tracking-server" | "mlflow-app";
  /** Of the server, or the app's id. */
  readonly name: string;
  /** The service that requests are signed for. */
  readonly service: "sagemaker-mlflow" | "sagemaker";
  /** The header that tells SageMaker which server is meant. */
  readonly header: "x-mlflow-sm-tracking-server-arn" | "x-sm-mlflow-app-arn";
}

const form =
  /^arn:(aws[a-z-]*):sagemaker:([a-z]{2,}(?:-[a-z0-9]+)+):(\d{12}):(mlflow-tracking-server|mlflow-app)\/([A-Za-z0-9][A-Za-z0-9-]*)$/;

/**
 * Reads a tracking URI that is an ARN; `undefined` for every other URI.
 *
 * @throws AuthError `ERR_TRACKING_URI` for an ARN of something else.
 */
export function parseSageMakerArn(uri: string | undefined): SageMakerArn | undefined {
  if (uri === undefined || !/^arn:/i.test(uri)) return undefined;
  const [arn, partition, region, , kind, name] = form.exec(uri) ?? [];
  if (!arn || !partition || !region || !kind || !name) {
    throw new AuthError("ERR_TRACKING_URI", "sigv4: the tracking URI is an ARN, but not one of SageMaker MLflow", {
      hint: "Write arn:<partition>:sagemaker:<region>:<account>:mlflow-tracking-server/<name>, or …:mlflow-app/<id>.",
    });
  }
  return kind === "mlflow-app"
    ? { arn, partition, region, kind, name, service: "sagemaker", header: "x-sm-mlflow-app-arn" }
    : {
        arn,
        partition,
        region,
        kind: "mlflow-tracking-server",
        name,
        service: "sagemaker-mlflow",
        header: "x-mlflow-sm-tracking-server-arn",
      };
}

/**
 * Where the server of an ARN is: `SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT`, else AWS's host for the kind and region, as
 * `sagemaker-mlflow` for Python has it.
 *
 * @throws AuthError `ERR_TRACKING_URI` for a partition in which AWS has no such host, `ERR_ENV` for a bad endpoint.
 */
export function sageMakerUrl({ partition, region, kind }: SageMakerArn, env: Environment): URL {
  const variable = "SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT";
  const custom = envString(env, variable);
  if (custom !== undefined) return endpointUrl(custom, variable);
  if (partition !== "aws" && partition !== "aws-us-gov") {
    throw new AuthError("ERR_TRACKING_URI", `sigv4: SageMaker has no MLflow endpoint in the partition ${partition}`, {
      hint: `Set ${variable} to the server's address if there is one.`,
    });
  }
  return new URL(
    kind === "mlflow-app"
      ? `https://mlflow.sagemaker.${region}.app.aws`
      : `https://${region}.experiments.sagemaker.aws`,
  );
}

/** @throws AuthError `ERR_ENV`, without the value, for what is no http(s) address. */
export function endpointUrl(value: string, variable: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
    throw new AuthError("ERR_ENV", `sigv4: ${variable} is not an http(s) address`, {
      hint: `Set ${variable} to https://host[:port], without user name and password.`,
    });
  }
  return url;
}

/** The domain under which AWS's own endpoints of a region are. */
export function awsDomain(region: string): string {
  return region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
}
