import { createHash, createHmac, createSecretKey, type KeyObject } from "node:crypto";

const keys = new WeakMap<Uint8Array, KeyObject>();

/**
 * SHA-256 and HMAC by OpenSSL, in the shape in which smithy's signer asks for them. Keys go in as `KeyObject`, because
 * `createHmac` with bytes is several times slower on some Node 24 releases.
 */
export class Sha256 {
  readonly #hash;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", keyObject(secret));
  }

  update(data: Uint8Array): void {
    this.#hash.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    throw new TypeError("a digest is made once");
  }
}

function keyObject(secret: string | ArrayBuffer | ArrayBufferView): KeyObject {
  if (!(secret instanceof Uint8Array)) return createSecretKey(Buffer.from(secret as string));
  let key = keys.get(secret);
  if (key === undefined) {
    key = createSecretKey(secret);
    keys.set(secret, key);
  }
  return key;
}
