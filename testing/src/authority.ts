import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIP } from "node:net";

/** PEM. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
}

export interface IssueOptions {
  /** Common name. Default `test`. */
  readonly name?: string;
  /** DNS names and IP addresses. Default `localhost`, `127.0.0.1`, `::1`. */
  readonly hosts?: readonly string[];
  /** Default an hour ago. */
  readonly notBefore?: Date;
  /** Default tomorrow. */
  readonly notAfter?: Date;
}

/** A certificate authority for one test run. */
export interface Authority extends Issued {
  /** A certificate for servers and clients. */
  issue(options?: IssueOptions): Issued;
  /** An authority below this one. */
  intermediate(name?: string): Authority;
}

/** Makes an authority with keys of its own (P-256); nothing is written to disk. */
export function createAuthority(name = "Test Authority"): Authority {
  const keys = newKeys();
  return authority(certificate(name, keys.spki, { name, ...keys }, {}, authorityExtensions(keys)), name, keys);
}

/** A certificate that nobody but itself vouches for. */
export function selfSigned(options: IssueOptions = {}): Issued {
  const { name = "self-signed" } = options;
  const keys = newKeys();
  const cert = certificate(name, keys.spki, { name, ...keys }, options, leafExtensions(keys, options));
  return { cert, key: keys.pem };
}

interface Keys {
  readonly key: KeyObject;
  readonly pem: string;
  readonly spki: Buffer;
}

function authority(cert: string, name: string, keys: Keys): Authority {
  const issuer = { name, ...keys };
  return {
    cert,
    key: keys.pem,
    issue(options = {}) {
      const own = newKeys();
      const extensions = leafExtensions(own, options);
      return { cert: certificate(options.name ?? "test", own.spki, issuer, options, extensions), key: own.pem };
    },
    intermediate(below = "Test Intermediate") {
      const own = newKeys();
      return authority(certificate(below, own.spki, issuer, {}, authorityExtensions(own)), below, own);
    },
  };
}

function newKeys(): Keys {
  const { publicKey, privateKey } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { type: "spki", format: "der" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  return { key: createPrivateKey(privateKey), pem: privateKey, spki: publicKey };
}

// X.509 v3 (RFC 5280) in DER: no more of it than these tests need.

const hour = 3_600_000;
const ecdsaWithSha256 = sequence(oid("1.2.840.10045.4.3.2"));

function certificate(
  subject: string,
  spki: Buffer,
  issuer: Keys & { name: string },
  { notBefore, notAfter }: IssueOptions,
  extensions: readonly Buffer[],
): string {
  const serial = randomBytes(12);
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  const body = sequence(
    tlv(0xa0, integer(Buffer.from([2]))),
    integer(serial),
    ecdsaWithSha256,
    commonName(issuer.name),
    sequence(time(notBefore ?? new Date(Date.now() - hour)), time(notAfter ?? new Date(Date.now() + 24 * hour))),
    commonName(subject),
    spki,
    tlv(0xa3, sequence(...extensions, extension("2.5.29.35", sequence(tlv(0x80, keyId(issuer)))))),
  );
  const der = sequence(body, ecdsaWithSha256, tlv(0x03, Buffer.from([0]), sign("sha256", body, issuer.key)));
  const lines = der.toString("base64").match(/.{1,64}/g)!;
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}

function authorityExtensions(keys: Keys): Buffer[] {
  return [
    extension("2.5.29.19", sequence(tlv(0x01, Buffer.from([0xff]))), true),
    extension("2.5.29.15", tlv(0x03, Buffer.from([1, 0b0000_0110])), true),
    extension("2.5.29.14", tlv(0x04, keyId(keys))),
  ];
}

function leafExtensions(keys: Keys, { hosts = ["localhost", "127.0.0.1", "::1"] }: IssueOptions): Buffer[] {
  const names = hosts.map((host) => (isIP(host) === 0 ? tlv(0x82, Buffer.from(host)) : tlv(0x87, address(host))));
  return [
    extension("2.5.29.19", sequence(), true),
    extension("2.5.29.15", tlv(0x03, Buffer.from([7, 0b1000_0000])), true),
    extension("2.5.29.37", sequence(oid("1.3.6.1.5.5.7.3.1"), oid("1.3.6.1.5.5.7.3.2"))),
    extension("2.5.29.14", tlv(0x04, keyId(keys))),
    ...(names.length === 0 ? [] : [extension("2.5.29.17", sequence(...names))]),
  ];
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [tlv(0x01, Buffer.from([0xff]))] : []), tlv(0x04, value));
}

function keyId({ spki }: Keys): Buffer {
  return createHash("sha1").update(spki).digest();
}

function commonName(name: string): Buffer {
  return sequence(tlv(0x31, sequence(oid("2.5.4.3"), tlv(0x0c, Buffer.from(name)))));
}

function time(date: Date): Buffer {
  const text = date.toISOString().replace(/[-:T]|\.\d+/g, "");
  return date.getUTCFullYear() < 2050 ? tlv(0x17, Buffer.from(text.slice(2))) : tlv(0x18, Buffer.from(text));
}

function address(host: string): Buffer {
  if (isIP(host) === 4) return Buffer.from(host.split(".").map(Number));
  const [left = "", right] = host.split("::");
  const groups = (part: string) => (part === "" ? [] : part.split(":"));
  const [head, tail] = [groups(left), groups(right ?? "")];
  const all = [...head, ...new Array<string>(8 - head.length - tail.length).fill("0"), ...tail];
  return Buffer.from(all.map((group) => group.padStart(4, "0")).join(""), "hex");
}

function sequence(...parts: Buffer[]): Buffer {
  return tlv(0x30, ...parts);
}

function integer(value: Buffer): Buffer {
  return tlv(0x02, value);
}

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const septets = [arc & 0x7f];
    for (let left = arc >> 7; left > 0; left >>= 7) septets.unshift((left & 0x7f) | 0x80);
    bytes.push(...septets);
  }
  return tlv(0x06, Buffer.from(bytes));
}

function tlv(tag: number, ...parts: Buffer[]): Buffer {
  const value = Buffer.concat(parts);
  const { length } = value;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), value]);
  if (length < 0x100) return Buffer.concat([Buffer.from([tag, 0x81, length]), value]);
  return Buffer.concat([Buffer.from([tag, 0x82, length >> 8, length & 0xff]), value]);
}
