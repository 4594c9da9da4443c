import { createClient } from "@mlflow-kit/core";
import { startServer } from "@mlflow-kit/testing";
import { describe, expect, it } from "vitest";
import { sigv4 } from "../src/index.ts";

const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
const xml = (code: string, message = "m") => `<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
const json = (message: string) => JSON.stringify({ message });

/** What AWS says, and the word of the hint that names the cure. */
const shapes: [name: string, answer: { type?: string; body: string; status?: number }, hint: RegExp][] = [
  [
    "a wrong secret",
    { type: "InvalidSignatureException", body: json("The request signature we calculated does not match") },
    /secret key/,
  ],
  ["a wrong secret, in XML", { body: xml("SignatureDoesNotMatch") }, /secret key/],
  [
    "another region",
    { type: "InvalidSignatureException", body: json("Credential should be scoped to a valid region, not 'x'. ") },
    /region/,
  ],
  [
    "another service",
    { type: "InvalidSignatureException", body: json("Credential should be scoped to correct service: 'x'. ") },
    /service/,
  ],
  [
    "an expired session",
    { type: "ExpiredTokenException", body: json("The security token included in the request is expired") },
    /expired/,
  ],
  ["an expired session, in XML", { body: xml("ExpiredToken"), status: 400 }, /expired/],
  [
    "an unknown key",
    { type: "UnrecognizedClientException", body: json("The security token included in the request is invalid.") },
    /access key/,
  ],
  [
    "a missing permission",
    {
      type: "AccessDeniedException",
      body: json("User: u is not authorized to perform: execute-api:Invoke on resource: r"),
    },
    /execute-api:Invoke/,
  ],
  [
    "a missing permission of SageMaker",
    {
      type: "AccessDeniedException",
      body: JSON.stringify({ Message: "User: u is not authorized to perform: sagemaker-mlflow:AccessUI on r" }),
      status: 400,
    },
    /sagemaker-mlflow:AccessUI/,
  ],
  ["a clock that is off", { body: xml("RequestTimeTooSkewed") }, /clock/],
  [
    "no route, or no signature",
    { type: "MissingAuthenticationTokenException", body: json("Missing Authentication Token") },
    /path and stage/,
  ],
  ["API Gateway's bare refusal", { type: "ForbiddenException", body: json("Forbidden") }, /execute-api:Invoke/],
];

describe("AWS says", () => {
  it.each(shapes)("%s: HttpAuthError with the likely cause", async (_name, { type, body, status = 403 }, hint) => {
    await using server = await startServer((_request, response) => {
      response
        .writeHead(status, { ...(type && { "x-amzn-errortype": type }), "content-type": "application/json" })
        .end(body);
    });
    await using client = createClient({
      trackingUri: server.url.href,
      env: {},
      auth: sigv4({ credentials, region: "eu-west-1" }),
    });
    await expect(client.validate()).rejects.toMatchObject({
      name: "HttpAuthError",
      code: "ERR_HTTP_AWS",
      status,
      hint: expect.stringMatching(hint),
    });
  });
});
