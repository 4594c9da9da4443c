import type { TlsIdentity } from "../types.ts";

/**
 * A `TlsIdentity` that can be used and spread like a plain object, but shows nothing when it is printed, turned into
 * JSON, or cloned (which throws).
 */
export function tlsIdentity(fields: TlsIdentity): TlsIdentity {
  const printing = { toJSON: () => ({}), [Symbol.for("nodejs.util.inspect.custom")]: () => "TlsIdentity {}" };
  const identity: TlsIdentity & typeof printing = printing;
  for (const name of Object.keys(fields) as (keyof TlsIdentity)[]) {
    const value = fields[name];
    Object.defineProperty(identity, name, { enumerable: true, get: () => value });
  }
  return Object.freeze(identity);
}
