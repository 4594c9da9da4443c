import { inspect } from "node:util";
import { expect, it } from "vitest";
import { tlsIdentity } from "../../src/provider/index.ts";

const fields = { cert: "CERT-SENTINEL", key: "KEY-SENTINEL", passphrase: "PASS-SENTINEL", tokenEndpoints: true };

it("can be used and spread", () => {
  const identity = tlsIdentity(fields);
  expect(identity.key).toBe(fields.key);
  expect({ ...identity }).toMatchObject(fields);
  expect("pfx" in identity).toBe(false);
});

it("L01 L07 shows nothing, its spread copy neither", () => {
  for (const identity of [tlsIdentity(fields), { ...tlsIdentity(fields) }]) {
    expect(inspect(identity, { showHidden: true, getters: true })).toBe("TlsIdentity {}");
    expect(JSON.stringify({ identity })).toBe('{"identity":{}}');
    expect(() => structuredClone(identity)).toThrow();
  }
  expect(
    `${inspect({ deep: { identity: tlsIdentity(fields) } }, { customInspect: false, showHidden: true })}`,
  ).not.toContain("SENTINEL");
});
