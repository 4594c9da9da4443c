import { createHmac, createSecretKey, hash, type KeyObject } from "node:crypto";

type Secret = string | ArrayBuffer | ArrayBufferView;

/** SHA-256, and with a secret HMAC, as smithy's signer asks for them. */
export type Sha256 = new (
  secret?: Secret,
) => { update(data: Uint8Array): void; digest(): Promise<Uint8Array>; reset(): void };

/**
 * SHA-256 by OpenSSL, for one set of credentials. The key that smithy derives becomes a `KeyObject` once, because
 * `createHmac` with bytes is several times slower on some Node 24 releases; the digest by which smithy looks that key up
 * at each signature is remembered.
 */
export function nativeSha256(): Sha256 {
  const keys = new WeakMap<Secret & object, KeyObject>();
  let latest: { secret: string; data: Buffer; digest: Uint8Array } | undefined;

  return class {
    readonly #secret: Secret | undefined;
    #data: Uint8Array = new Uint8Array();

    constructor(secret?: Secret) {
      this.#secret = secret;
    }

    update(data: Uint8Array): void {
      this.#data = this.#data.length === 0 ? data : Buffer.concat([this.#data, data]);
    }

    async digest(): Promise<Uint8Array> {
      const secret = this.#secret;
      if (secret === undefined) return hash("sha256", this.#data, "buffer");
      if (typeof secret !== "string") return createHmac("sha256", keyOf(secret)).update(this.#data).digest();
      if (latest?.secret !== secret || !latest.data.equals(this.#data)) {
        const digest = createHmac("sha256", secret).update(this.#data).digest();
        latest = { secret, data: Buffer.from(this.#data), digest };
      }
      return latest.digest;
    }

    reset(): void {
      this.#data = new Uint8Array();
    }
  };

  function keyOf(secret: ArrayBuffer | ArrayBufferView): KeyObject {
    let key = keys.get(secret);
    if (key === undefined) {
      key = createSecretKey(secret as NodeJS.ArrayBufferView);
      keys.set(secret, key);
    }
    return key;
  }
}
