import { type Answer, header, object, type Recogniser, text } from "./answer.ts";

const causes: readonly [RegExp, string][] = [
  [
    /RequestTimeTooSkewed|Signature (not yet current|expired)|is (now )?(earlier|later) than|InvalidSignature.*date/i,
    "This machine's clock and AWS's differ by more than five minutes: set the clock.",
  ],
  [
    /Credential should be scoped to a valid region/i,
    "The signature is for another region: pass sigv4({ region }) or set AWS_REGION.",
  ],
  [
    /Credential should be scoped to correct service/i,
    "The signature is for another service: pass sigv4({ service }), e.g. execute-api, lambda, vpc-lattice-svcs.",
  ],
  [
    /SignatureDoesNotMatch|InvalidSignature|signature we calculated/i,
    "The secret key is wrong, or region and service are not those of this host, or something between here and AWS changed the request.",
  ],
  [
    /ExpiredToken|token.*expired|expired.*token/i,
    "The session token has expired: renew it (aws sso login, or the role's session).",
  ],
  [
    /UnrecognizedClient|InvalidClientTokenId|security token.*invalid/i,
    "AWS does not know this access key, or the session token does not belong to it.",
  ],
  [
    /MissingAuthenticationToken|Missing Authentication Token/i,
    "The request was not signed, or there is no such route: pass sigv4() from @mlflow-kit/auth-sigv4, and check the path and stage of the tracking URI.",
  ],
  [/IncompleteSignature/i, "A layer in front of AWS dropped or changed the Authorization header."],
];

/** API Gateway, SageMaker, Lambda URLs and others that check AWS signatures; also `{"message": "Forbidden"}`. */
export const aws: Recogniser = (answer) => {
  if (answer.status < 400 || answer.status === 404 || answer.status >= 500) return undefined;
  const type = typeOf(answer);
  const message =
    text(answer.json?.message) ??
    text(answer.json?.Message) ??
    /<Message>([^<]*)<\/Message>/.exec(answer.text)?.[1] ??
    "";
  const gateway =
    header(answer, "x-amz-apigw-id") !== "" ||
    header(answer, "x-amzn-requestid") !== "" ||
    header(answer, "x-amzn-errortype") !== "";
  if (!gateway && type === "" && !/Credential should be scoped|signature we calculated/i.test(message))
    return undefined;
  const said = `${type} ${message}`.trim();
  const action = /not authorized to perform:? ([\w-]+:[\w*-]+)/i.exec(message)?.[1];
  const known = causes.find(([pattern]) => pattern.test(said))?.[1];
  const refused = answer.status === 401 || answer.status === 403 || known !== undefined || /AccessDenied/i.test(said);
  if (!refused) return undefined;
  return {
    code: "ERR_HTTP_AWS",
    what: said === "" ? "AWS refused the request" : said.replace(" ", said.includes(" ") && type !== "" ? ": " : " "),
    hint: action
      ? `Allow the action ${action} in the IAM policy of the identity that signs.`
      : (known ??
        (answer.sent.signed
          ? "The identity that signs lacks a permission: for API Gateway it is execute-api:Invoke on this route."
          : "The server is behind AWS IAM: pass sigv4() from @mlflow-kit/auth-sigv4.")),
    remedies: [...answer.unread, "Check the region, the service and the identity with aws sts get-caller-identity"],
  };
};

function typeOf(answer: Answer): string {
  const body = answer.json;
  const given =
    header(answer, "x-amzn-errortype") ||
    text(body?.__type) ||
    text(body?.code) ||
    text(object(body?.Error)?.Code) ||
    /<Code>([^<]*)<\/Code>/.exec(answer.text)?.[1] ||
    "";
  const name = given.split(":")[0]?.split("#").pop() ?? "";
  return /^[A-Za-z]+$/.test(name) ? name : "";
}
