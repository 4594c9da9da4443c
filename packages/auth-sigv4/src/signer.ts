import { SignatureV4 } from "@smithy/signature-v4";
import type { QueryBag } from "./canonical-url.ts";
import type { AwsCredentials } from "./credentials.ts";
import { nativeSha256, type Sha256 } from "./sha256.ts";

/** What a signature covers. */
export interface Signable {
  readonly method: string;
  /** With the port, unless it is the scheme's own: as it is sent. */
  readonly host: string;
  /** As it is sent, percent-encoded. */
  readonly path: string;
  readonly query: QueryBag;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Hexadecimal SHA-256 of the body, or `UNSIGNED-PAYLOAD`. */
  readonly payload: string;
}

export interface SignerOptions {
  readonly credentials: AwsCredentials;
  readonly region: string;
  readonly service: string;
  /** Send and sign `x-amz-content-sha256`. Default true. */
  readonly checksum?: boolean;
  /** Normalise the path and encode it once more. Default: for every service but s3. */
  readonly escapePath?: boolean;
  /** Default: OpenSSL. */
  readonly sha256?: Sha256;
}

/** Signs for one set of credentials; the result is the headers to add. */
export type Signer = (request: Signable, date: Date) => Promise<Record<string, string>>;

/** Rewritten on the way by gateways, load balancers and tracing. smithy leaves out `connection`, `user-agent`, … itself. */
const rewritten = ["accept-encoding", "baggage", "traceparent", "tracestate", "forwarded", "via"];

const added = ["authorization", "x-amz-date", "x-amz-security-token"];

/** Makes a signer of `@smithy/signature-v4`. */
export function createSigner(options: SignerOptions): Signer {
  const {
    credentials,
    region,
    service,
    checksum = true,
    escapePath = service !== "s3",
    sha256 = nativeSha256(),
  } = options;
  const signer = new SignatureV4({ credentials, region, service, sha256, uriEscapePath: escapePath });
  const unsignableHeaders = new Set(checksum ? rewritten : [...rewritten, "x-amz-content-sha256"]);
  const results = checksum ? [...added, "x-amz-content-sha256"] : added;

  return async ({ method, host, path, query, headers, payload }, signingDate) => {
    const signed = await signer.sign(
      {
        method,
        protocol: "https:",
        hostname: host,
        path,
        query,
        headers: { ...headers, host, "x-amz-content-sha256": payload },
      },
      { signingDate, unsignableHeaders },
    );
    const written: Record<string, string> = {};
    for (const name of results) {
      const value = signed.headers[name];
      if (value !== undefined) written[name] = value;
    }
    return written;
  };
}
