import type { AuthContext, TlsIdentity } from "@mlflow-kit/core";
import { tlsIdentity } from "@mlflow-kit/core/provider";
import { checkIdentity } from "./check.ts";
import { type Material, readMaterial, type Sources, sameMaterial, stampOf } from "./material.ts";

interface Loaded {
  readonly stamp: string;
  readonly material: Material;
  readonly identity: TlsIdentity;
  /** Epoch milliseconds. */
  readonly validTo: number;
}

/** More readings than this of files that change while they are read are left to the next connection. */
const readings = 3;

/**
 * Reads and checks the identity, and returns the function that says which one a new connection is to use: the same
 * object as long as the files hold the same, because the sessions that can be resumed belong to it.
 *
 * @throws AuthError as `readMaterial` and `checkIdentity` do; from the function never.
 */
export async function keepCurrent(
  sources: Sources,
  options: { passphrase: string | undefined; extras: TlsIdentity; context: AuthContext },
): Promise<() => Promise<TlsIdentity>> {
  const { passphrase, extras, context } = options;
  let loaded = await load();
  let refused: string | undefined;
  let expiryMentioned = false;
  let looking: Promise<void> | undefined;

  return async () => {
    looking ??= look().finally(() => {
      looking = undefined;
    });
    await looking;
    return loaded.identity;
  };

  async function look(): Promise<void> {
    const stamp = await stampOf(sources);
    if (stamp !== loaded.stamp && stamp !== refused) await reload(stamp);
    if (context.now() > loaded.validTo && !expiryMentioned) {
      expiryMentioned = true;
      context.log.warn(`mtls: the certificate in use expired on ${date(loaded.validTo)}, and no new one is there`);
    }
  }

  async function reload(stamp: string): Promise<void> {
    try {
      const found = await load();
      if (sameMaterial(found.material, loaded.material)) {
        loaded = { ...loaded, stamp: found.stamp };
      } else {
        loaded = found;
        expiryMentioned = false;
        context.log.debug(`mtls: new connections use the certificate that is valid to ${date(found.validTo)}`);
      }
      refused = undefined;
    } catch (error) {
      refused = stamp;
      context.log.warn(`${(error as Error).message}; the certificate that was read before stays in use`);
    }
  }

  async function load(): Promise<Loaded> {
    for (let left = readings; ; left -= 1) {
      const stamp = await stampOf(sources);
      try {
        const material = await readMaterial(sources, context);
        const { validTo, ...fields } = checkIdentity(material, { sources, passphrase, context });
        return { stamp, material, validTo, identity: tlsIdentity({ ...fields, ...extras }) };
      } catch (error) {
        // Swapped between one file and the other, perhaps.
        if (left === 1 || (await stampOf(sources)) === stamp) throw error;
      }
    }
  }
}

function date(ms: number): string {
  return new Date(ms).toISOString();
}
