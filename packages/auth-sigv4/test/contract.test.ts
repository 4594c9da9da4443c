import { describeProvider } from "@mlflow-kit/core/testing";
import { describe, it } from "vitest";
import { sigv4 } from "../src/index.ts";

const secret = "SENTINEL-wJalrXUtnFEMI";
const token = "SENTINEL-session-token";
const environment = {
  MLFLOW_TRACKING_AWS_SIGV4: "true",
  AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
  AWS_SECRET_ACCESS_KEY: secret,
  AWS_REGION: "eu-west-1",
};
const headers = {
  authorization: /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/execute-api\/aws4_request, /,
  "x-amz-date": /^\d{8}T\d{6}Z$/,
  "x-amz-content-sha256": /^[0-9a-f]{64}$/,
};
const common = { test: it, name: "sigv4", secrets: [secret, token] };

describe("from the environment", () => {
  describeProvider({
    ...common,
    make: () => sigv4(),
    env: environment,
    headers,
    skipped: [{}, { ...environment, MLFLOW_TRACKING_AWS_SIGV4: "false" }],
    broken: [
      { ...environment, AWS_SECRET_ACCESS_KEY: "" },
      { ...environment, AWS_ACCESS_KEY_ID: "" },
      { ...environment, AWS_REGION: "" },
      { ...environment, AWS_REGION: "x.evil.example/" },
      { ...environment, AWS_SECRET_ACCESS_KEY: `${secret} ` },
      { MLFLOW_TRACKING_AWS_SIGV4: "1", AWS_REGION: "eu-west-1", AWS_SESSION_TOKEN: token },
    ],
  });
});

describe("with a session token", () => {
  describeProvider({
    ...common,
    make: () => sigv4(),
    env: { ...environment, AWS_SESSION_TOKEN: token },
    headers: { ...headers, "x-amz-security-token": token },
  });
});

describe("from options", () => {
  const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: secret };
  describeProvider({
    ...common,
    make: () => sigv4({ credentials, region: "eu-west-1" }),
    env: {},
    headers,
    skipped: [],
  });
});

describe("from a credential provider function", () => {
  const credentials = async () => ({
    accessKeyId: "AKIDEXAMPLE",
    secretAccessKey: secret,
    sessionToken: token,
    expiration: new Date(Date.now() + 3_600_000),
  });
  describeProvider({
    ...common,
    make: () => sigv4({ credentials, region: "eu-west-1" }),
    env: {},
    headers: { ...headers, "x-amz-security-token": token },
    skipped: [],
  });
});

describe("for a SageMaker ARN", () => {
  const arn = "arn:aws:sagemaker:eu-west-1:123456789012:mlflow-tracking-server/my-server";
  describeProvider({
    ...common,
    make: () => sigv4(),
    env: { AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: secret },
    context: { trackingUri: arn },
    headers: {
      ...headers,
      authorization: /\/eu-west-1\/sagemaker-mlflow\/aws4_request, SignedHeaders=[^,]*x-mlflow-sm-tracking-server-arn/,
      "x-mlflow-sm-tracking-server-arn": arn,
    },
    skipped: [],
  });
});
