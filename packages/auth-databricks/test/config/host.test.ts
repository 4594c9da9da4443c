import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalHost, isAccountHost } from "../../src/config/host.ts";

describe("the origin of what people write", () => {
  test.each([
    ["x", "https://x"],
    ["https://h/", "https://h"],
    ["https://h:443", "https://h"],
    ["https://h:8443/", "https://h:8443"],
    ["https://ABC.x", "https://abc.x"],
    ["HTTPS://ABC", "https://abc"],
    ["http://localhost:8080/", "http://localhost:8080"],
    ["localhost:8080", "https://localhost:8080"],
    ["httpbin.org", "https://httpbin.org"],
    [" https://h \n", "https://h"],
    ["https://[::1]:8080/", "https://[::1]:8080"],
  ])("%j is %s", (raw, host) => {
    expect(canonicalHost(raw)).toEqual({ host });
  });

  test.each([
    ["https://h/path/?o=5", { workspaceId: "5" }],
    ["h?workspace_id=5", { workspaceId: "5" }],
    ["h?o=x&workspace_id=6", { workspaceId: "6" }],
    ["h?w=conn-1&o=5", { workspaceId: "conn-1" }],
    ["h?a=acc", { accountId: "acc" }],
    ["h?account_id=acc#x", { accountId: "acc" }],
    ["h?o=", {}],
  ])("%j names a workspace or an account", (raw, ids) => {
    expect(canonicalHost(raw)).toEqual({ host: "https://h", ...ids });
  });

  test.each([
    "",
    "https://:443",
    "https://",
    "ftp://h",
    "file:///etc/passwd",
    "https://u:p@h",
    "u@h",
    "https://x; rm",
    "https://x;rm",
    "x$(id)",
    "h|x",
    "https://h\u0000",
  ])("P01 %j is none", (raw) => {
    expect(canonicalHost(raw)).toBeUndefined();
  });
});

test("an account's host begins with accounts", () => {
  expect(["https://accounts.x", "https://accounts-dod.x"].every(isAccountHost)).toBe(true);
  expect(["https://x", "https://my-accounts.x", "https://accountsx.y"].some(isAccountHost)).toBe(false);
});

test("canonical is canonical: an origin, once and for all, whatever was written", () => {
  const written = fc.oneof(
    fc.string(),
    fc.webUrl({ withQueryParameters: true }),
    fc.domain(),
    fc.webAuthority({ withPort: true }),
  );
  fc.assert(
    fc.property(written, (raw) => {
      const first = canonicalHost(raw);
      if (first === undefined) return;
      expect(new URL(first.host).origin).toBe(first.host);
      expect(first.host).toMatch(/^https?:\/\/[a-z0-9._[\]:-]+$/);
      expect(canonicalHost(first.host)).toEqual({ host: first.host });
    }),
  );
});
