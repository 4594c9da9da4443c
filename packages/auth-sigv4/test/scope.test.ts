import { testContext } from "@mlflow-kit/core/testing";
import { temporaryHome } from "@mlflow-kit/testing";
import { describe, expect, it } from "vitest";
import { type Sigv4Options, sigv4 } from "../src/index.ts";

const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
const details = async (
  trackingUri: string,
  env: Record<string, string> = {},
  options: Sigv4Options = {},
  homeDir = "/nonexistent",
) => {
  const auth = await sigv4({ credentials, ...options }).resolve(testContext({ trackingUri, env, homeDir }));
  const { region, service } = auth?.details ?? {};
  return { region, service };
};

describe("region and service", () => {
  it.each([
    ["https://abc123.execute-api.eu-central-1.amazonaws.com/prod", "eu-central-1", "execute-api"],
    ["https://abc123.execute-api.cn-north-1.amazonaws.com.cn/prod", "cn-north-1", "execute-api"],
    ["https://vpce-0a1-b2.execute-api.us-west-2.vpce.amazonaws.com/prod", "us-west-2", "execute-api"],
    ["https://eu-west-1.experiments.sagemaker.aws", "eu-west-1", "sagemaker-mlflow"],
    ["https://mlflow.sagemaker.us-east-2.app.aws", "us-east-2", "sagemaker"],
    ["https://abcdefgh.lambda-url.ap-south-1.on.aws/", "ap-south-1", "lambda"],
    ["https://tracking-0123.7d67968.vpc-lattice-svcs.eu-north-1.on.aws", "eu-north-1", "vpc-lattice-svcs"],
  ])("are read from the host of %s", async (url, region, service) => {
    expect(await details(url, { AWS_REGION: "us-east-1" })).toEqual({
      region: `${region} (host)`,
      service: `${service} (host)`,
    });
  });

  it.each([
    "https://your-mlflow-server.amazonaws.com",
    "https://mlflow.aws.example.com",
    "https://execute-api.eu-west-1.amazonaws.com.evil.example",
  ])("come from the environment for %s, whose host names none", async (url) => {
    expect(await details(url, { AWS_REGION: "us-east-1", AWS_DEFAULT_REGION: "us-east-2" })).toEqual({
      region: "us-east-1 (AWS_REGION)",
      service: "execute-api (default)",
    });
    expect(await details(url, { AWS_DEFAULT_REGION: "us-east-2" })).toMatchObject({
      region: "us-east-2 (AWS_DEFAULT_REGION)",
    });
  });

  it("come from the options before everything else", async () => {
    const url = "https://abc123.execute-api.eu-central-1.amazonaws.com/prod";
    expect(await details(url, { AWS_REGION: "us-east-1" }, { region: "sa-east-1", service: "es" })).toEqual({
      region: "sa-east-1 (option)",
      service: "es (option)",
    });
  });

  it("come from the profile last", async () => {
    await using home = await temporaryHome({
      ".aws/config":
        "[default]\nregion = eu-west-3\n\n[profile dev]\nregion = eu-south-1 # Milan\ns3 =\n  region = no\n",
    });
    const url = "https://mlflow.aws.example.com";
    expect(await details(url, {}, {}, home.path)).toMatchObject({ region: "eu-west-3 (profile default)" });
    expect(await details(url, { AWS_PROFILE: "dev" }, {}, home.path)).toMatchObject({
      region: "eu-south-1 (profile dev)",
    });
    expect(await details(url, { AWS_CONFIG_FILE: `${home.path}/.aws/config` })).toMatchObject({
      region: "eu-west-3 (profile default)",
    });
  });

  it("that are found nowhere are an error that says where it looked", async () => {
    await expect(details("https://your-mlflow-server.amazonaws.com")).rejects.toMatchObject({
      code: "ERR_AUTH_INCOMPLETE",
      message:
        "sigv4: no AWS region: looked at the region option, the host your-mlflow-server.amazonaws.com (which names none), " +
        "AWS_REGION, AWS_DEFAULT_REGION and the profile default in /nonexistent/.aws/config",
    });
  });
});

describe("SageMaker ARNs", () => {
  const resolve = async (trackingUri: string, env: Record<string, string> = {}) =>
    sigv4({ credentials }).resolve(testContext({ trackingUri, env }));
  const server = (partition: string, region: string) =>
    `arn:${partition}:sagemaker:${region}:123456789012:mlflow-tracking-server/my-server`;
  const app = (partition: string, region: string) =>
    `arn:${partition}:sagemaker:${region}:123456789012:mlflow-app/app-ABC123`;

  it.each([
    [
      server("aws", "eu-west-1"),
      "https://eu-west-1.experiments.sagemaker.aws/",
      "sagemaker-mlflow",
      "x-mlflow-sm-tracking-server-arn",
    ],
    [app("aws", "us-east-1"), "https://mlflow.sagemaker.us-east-1.app.aws/", "sagemaker", "x-sm-mlflow-app-arn"],
    [
      server("aws-us-gov", "us-gov-west-1"),
      "https://us-gov-west-1.experiments.sagemaker.aws/",
      "sagemaker-mlflow",
      "x-mlflow-sm-tracking-server-arn",
    ],
    [
      app("aws-us-gov", "us-gov-east-1"),
      "https://mlflow.sagemaker.us-gov-east-1.app.aws/",
      "sagemaker",
      "x-sm-mlflow-app-arn",
    ],
  ])("%s", async (arn, baseUrl, service, header) => {
    const auth = await resolve(arn, { AWS_REGION: "sa-east-1" });
    expect(auth?.baseUrl?.href).toBe(baseUrl);
    expect(auth?.details).toMatchObject({ region: `${arn.split(":")[3]} (ARN)`, service: `${service} (ARN)` });
    const request = { method: "GET", url: new URL("/api/2.0/x", auth?.baseUrl), headers: {} as Record<string, string> };
    const credential = await auth?.load?.(testContext());
    await credential?.authorize(request);
    expect(request.headers[header]).toBe(arn);
    expect(request.headers.authorization).toContain(`;x-`);
    expect(request.headers.authorization).toMatch(new RegExp(`SignedHeaders=[^,]*\\b${header}\\b`));
  });

  it("have no endpoint in China, but a custom one may be given", async () => {
    const arn = server("aws-cn", "cn-north-1");
    await expect(resolve(arn)).rejects.toMatchObject({
      code: "ERR_TRACKING_URI",
      message: "sigv4: SageMaker has no MLflow endpoint in the partition aws-cn",
    });
    const auth = await resolve(arn, { SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT: "https://mlflow.example.cn/base" });
    expect(auth?.baseUrl?.href).toBe("https://mlflow.example.cn/base");
  });

  it.each([
    "arn:aws:sagemaker:eu-west-1:123456789012:mlflow-tracking-server/",
    "arn:aws:sagemaker:eu-west-1:123456789012:mlflow-tracking-server",
    "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/x",
    "arn:aws:sagemaker:eu-west-1",
    "arn:aws:sagemaker:evil.example/:123456789012:mlflow-app/x",
  ])("that are malformed are an error: %s", async (arn) => {
    await expect(resolve(arn)).rejects.toMatchObject({ code: "ERR_TRACKING_URI" });
    await expect(sigv4().resolve(testContext({ trackingUri: arn }))).rejects.toMatchObject({
      code: "ERR_TRACKING_URI",
    });
  });

  it("of other services are left to others unless signing was asked for", async () => {
    const trackingUri = "arn:aws:iam::123456789012:role/x";
    expect(await sigv4().resolve(testContext({ trackingUri }))).toBeUndefined();
    await expect(resolve(trackingUri)).rejects.toMatchObject({ code: "ERR_TRACKING_URI" });
  });

  it.each(["ftp://x", "not a url", "https://user:pass@host"])(
    "want a custom endpoint that is an address",
    async (endpoint) => {
      const refused = resolve(server("aws", "eu-west-1"), { SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT: endpoint });
      await expect(refused).rejects.toMatchObject({ code: "ERR_ENV" });
      await expect(refused).rejects.not.toThrow(endpoint);
    },
  );
});
