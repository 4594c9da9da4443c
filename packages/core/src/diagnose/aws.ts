import { type Answer, header, isHtml, object, oneLine, type Recogniser, text } from "./answer.ts";
import { challengeOf } from "./challenge.ts";
import { forbidden, unauthenticated } from "./refused.ts";

const causes: readonly [RegExp, string][] = [
  [
    /RequestTimeTooSkewed|RequestExpired|RequestInTheFuture|Signature (not yet current|expired)|Date in the future/i,
    "This machine's clock and AWS's differ by more than five minutes: set the clock.",
  ],
  [
    /scoped to (a )?valid region|region.* is wrong/i,
    "The signature is for another region: pass sigv4({ region }) with the region of this host, or set AWS_REGION.",
  ],
  [
    /scoped to (the )?correct service/i,
    "The signature is for another service: pass sigv4({ service }), such as execute-api, lambda or vpc-lattice-svcs.",
  ],
  [
    /ExpiredToken|TokenRefreshRequired|token.*expired|expired.*token/i,
    "The session token has expired: renew it (aws sso login, or the role's session).",
  ],
  [
    /UnrecognizedClient|InvalidClientTokenId|InvalidAccessKeyId|security token.*invalid/i,
    "AWS does not know this access key, or the session token does not belong to it.",
  ],
  [
    /User: anonymous/i,
    "The request was not signed: pass sigv4() from @mlflow-kit/auth-sigv4, or see whether something drops the Authorization header.",
  ],
  [
    /MissingAuthenticationToken|Missing Authentication Token/i,
    "The request was not signed, or there is no such route: pass sigv4() from @mlflow-kit/auth-sigv4, and check the path and stage of the tracking URI.",
  ],
  [
    /IncompleteSignature|not a valid key=value pair|requires '(Credential|Signature|SignedHeaders)'/i,
    "The server wants an AWS signature and got another Authorization header: pass sigv4() from @mlflow-kit/auth-sigv4 instead.",
  ],
  [
    /SignatureDoesNotMatch|InvalidSignature|signature we calculated/i,
    "The secret key is wrong, or region and service are not those of this host, or something between here and AWS changed the request.",
  ],
  [
    /explicit deny/i,
    "A policy or an authorizer of API Gateway denies this explicitly; allowing it elsewhere does not help.",
  ],
];

/** API Gateway, SageMaker, Lambda URLs, VPC Lattice and others that check AWS signatures. */
export const aws: Recogniser = (answer) => {
  const { status } = answer;
  if (status !== 400 && status !== 401 && status !== 403) return undefined;
  const { type, message } = saidBy(answer);
  const gateway = ["x-amz-apigw-id", "apigw-requestid", "x-amzn-requestid", "x-amzn-errortype"].some(
    (name) => header(answer, name) !== "",
  );
  const evidence = `${type} ${message.slice(0, 1000)}`;
  const cause = causes.find(([pattern]) => pattern.test(evidence))?.[1];
  if (!gateway && type === "" && cause === undefined) return undefined;
  const action = /not authorized to perform:? ([\w-]+:[\w*-]+)/i.exec(evidence)?.[1];
  const what = [type, oneLine(message, 500)].filter(Boolean).join(": ");
  if (status === 400 && cause === undefined && !/AccessDenied/.test(type)) return undefined;
  if (status === 401 && cause === undefined) {
    return unauthenticated(
      answer,
      "An authorizer of API Gateway refused the token, or got none.",
      tokenError(answer, what),
    );
  }
  if (status === 403 && challengeOf(answer).error === "insufficient_scope") {
    return forbidden(answer, "The token lacks a scope that this route of API Gateway asks for.", what);
  }
  return {
    code: "ERR_HTTP_AWS",
    what: what === "" ? "AWS refused the request" : what,
    hint:
      cause ?? (action ? `Allow the action ${action} in the IAM policy of the identity that signs.` : lacking(answer)),
    remedies: [
      ...answer.unread,
      "Check the identity with aws sts get-caller-identity",
      "Check the region and the service in client.explain()",
    ],
  };
};

function lacking({ sent, url }: Answer): string {
  return sent.signed
    ? `The identity that signs lacks a permission: ${permissionFor(url.hostname)}; a resource policy or a firewall may also say no.`
    : "The server is behind AWS IAM, or wants an API key: pass sigv4() from @mlflow-kit/auth-sigv4, or gatewayHeaders().";
}

function permissionFor(host: string): string {
  if (/\.lambda-url\./.test(host)) return "lambda:InvokeFunctionUrl on this function";
  if (/\.vpc-lattice-svcs\./.test(host)) return "vpc-lattice-svcs:Invoke on this service";
  if (/sagemaker/.test(host)) return "the sagemaker-mlflow action for this call on the tracking server";
  return "execute-api:Invoke on this route";
}

function tokenError(answer: Answer, what: string): string {
  return challengeOf(answer).description || what;
}

function saidBy(answer: Answer): { type: string; message: string } {
  const { json, text: body } = answer;
  const plain = /^(\w+(?:Exception|Error)): (.+)/.exec(body);
  const given =
    header(answer, "x-amzn-errortype") ||
    text(json?.__type) ||
    (json?.error === undefined ? text(json?.code) : undefined) ||
    text(object(json?.Error)?.Code) ||
    (isHtml(answer) ? undefined : /<Code>([^<]*)<\/Code>/.exec(body)?.[1]) ||
    plain?.[1] ||
    "";
  const name = given.split(":")[0]?.split("#").pop() ?? "";
  return {
    type: /^[A-Za-z]+$/.test(name) ? name : "",
    message:
      text(json?.message) ??
      text(json?.Message) ??
      text(object(json?.Error)?.Message) ??
      /<Message>([^<]*)<\/Message>/.exec(body)?.[1] ??
      plain?.[2] ??
      "",
  };
}
