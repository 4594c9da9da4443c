import { readFileSync } from "node:fs";
import { SignatureV4 as RetiredSignatureV4 } from "@aws-sdk/signature-v4";
import type { HttpRequest } from "@mlflow-kit/core";
import { describe, expect, it } from "vitest";
import { canonicalizeUrl } from "../src/canonical-url.ts";
import { payloadHash } from "../src/payload.ts";
import { nativeSha256 } from "../src/sha256.ts";
import { signRequest } from "../src/sign-request.ts";
import { createSigner, type Signable, type SignerOptions } from "../src/signer.ts";

interface Case {
  name: string;
  request: {
    method: string;
    path: string;
    pathWire: string;
    queryString: string;
    headers: [string, string][];
    body: string;
  };
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  region: string;
  service: string;
  date: string;
  normalize: boolean;
  signBodyHeader: boolean;
  omitSessionToken: boolean;
  expect: { canonicalRequest: string; stringToSign: string; authorization: string };
}

const { cases } = JSON.parse(readFileSync(new URL("./fixtures/sigv4.json", import.meta.url), "utf8")) as {
  cases: Case[];
};
const date = (one: Case) => new Date(one.date);

describe("S01 the AWS test suite, byte for byte", () => {
  it("S01 has its 43 cases", () => expect(cases).toHaveLength(43));

  for (const one of cases) {
    it(`S01 ${one.name}`, async () => {
      const hashed: string[] = [];
      class Recording extends nativeSha256() {
        override update(data: Uint8Array): void {
          hashed.push(Buffer.from(data).toString("utf8"));
          super.update(data);
        }
      }
      const sign = createSigner({ ...signerOptions(one), sha256: Recording });
      const { authorization } = await sign(await signable(one), date(one));
      expect(hashed).toContain(one.expect.canonicalRequest);
      expect(hashed).toContain(one.expect.stringToSign);
      expect(authorization).toBe(one.expect.authorization);
    });
  }
});

const once = "the suite encodes this path once, from its raw form; a URL is sent encoded, and AWS encodes what it gets";
const segments = "a URL holds no dot segments";
/** Where the request that is sent cannot be the suite's, and why. */
const notOfUrls = new Map([
  ["get-space-normalized", once],
  ["get-utf8", once],
  ["botocore/normalize-path/get-special-character", once],
  ["get-relative-unnormalized", segments],
  ["get-relative-relative-unnormalized", segments],
  ["get-slash-dot-slash-unnormalized", segments],
  ["get-slash-pointless-dot-unnormalized", segments],
]);

describe("S01 the same cases as requests with a URL", () => {
  for (const one of cases) {
    const reason = notOfUrls.get(one.name);
    it(`S01 ${one.name}${reason ? `: differs, because ${reason}` : ""}`, async () => {
      const { path, queryString } = one.request;
      const request: HttpRequest = {
        method: one.request.method,
        url: new URL(`https://example.amazonaws.com${path}${queryString && `?${queryString}`}`),
        headers: headersOf(one),
        body: one.request.body || undefined,
      };
      await signRequest(request, createSigner(signerOptions(one)), one.service, date(one));
      expect(request.headers.authorization === one.expect.authorization).toBe(reason === undefined);
    });
  }
});

/** Where the retired package is wrong, and why. */
const retiredDiffers = new Map([
  ["get-vanilla-query-order-encoded", "it sorted the names of the query before encoding them"],
]);

describe("@aws-sdk/signature-v4, where the signer lived before", () => {
  for (const one of cases) {
    const reason = retiredDiffers.get(one.name);
    it(`${one.name}: ${reason ? `differs, because ${reason}` : "agrees"}`, async () => {
      const options = signerOptions(one);
      const signer = new RetiredSignatureV4({
        ...options,
        sha256: nativeSha256(),
        uriEscapePath: options.escapePath,
        applyChecksum: one.signBodyHeader,
      });
      const { method, path, query, headers } = await signable(one);
      const signed = await signer.sign(
        { method, protocol: "https:", hostname: "example.amazonaws.com", path, query, headers, body: one.request.body },
        { signingDate: date(one) },
      );
      expect(signed.headers.authorization === one.expect.authorization).toBe(reason === undefined);
    });
  }
});

function signerOptions(one: Case): SignerOptions & { escapePath: boolean } {
  const { accessKeyId, secretAccessKey, sessionToken } = one.credentials;
  return {
    credentials: { accessKeyId, secretAccessKey, ...(one.omitSessionToken ? {} : { sessionToken }) },
    region: one.region,
    service: one.service,
    checksum: one.signBodyHeader,
    // Unnormalised paths are signed as they come: S3's way.
    escapePath: one.normalize,
  };
}

async function signable(one: Case): Promise<Signable> {
  const { method, path, pathWire, queryString, body } = one.request;
  const url = new URL(`https://example.amazonaws.com/?${queryString}`);
  return {
    method,
    host: "example.amazonaws.com",
    path: one.normalize ? path : pathWire,
    query: canonicalizeUrl(url),
    headers: headersOf(one),
    payload: await payloadHash(body, one.service, url),
  };
}

function headersOf(one: Case): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [given, value] of one.request.headers) {
    const name = given.toLowerCase();
    headers[name] = headers[name] === undefined ? value : `${headers[name]},${value}`;
  }
  return headers;
}
