import { describe, expect, test } from "vitest";
import { type ActiveMember, authorize } from "../src/authorize.ts";
import { credentialCache } from "../src/credential-cache.ts";
import type { Auth, HttpRequest } from "../src/types.ts";

function member(name: string, auth: Partial<Auth>): ActiveMember {
  const load = auth.load;
  const cache = load && credentialCache({ name, now: Date.now, load: async () => load({} as never) });
  return { name, auth: { source: name, ...auth }, cache, authorize: auth.authorize };
}

const writes = (headers: Record<string, string>) => (request: HttpRequest) =>
  void Object.assign(request.headers, headers);

function request(headers: Record<string, string> = {}): HttpRequest {
  return { method: "GET", url: new URL("http://h/"), headers };
}

describe("authorize", () => {
  test("static members write at once", () => {
    const outgoing = request({ "user-agent": "x" });
    const seen: string[] = [];
    const members = [
      member("a", { authorize: writes({ authorization: "Bearer t" }) }),
      member("b", { authorize: writes({ "x-b": "1" }) }),
    ];
    expect(authorize(members, { ...outgoing.headers }, outgoing, (name) => seen.push(name))).toBeUndefined();
    expect(outgoing.headers).toEqual({ "user-agent": "x", authorization: "Bearer t", "x-b": "1" });
    expect(seen).toEqual(["authorization", "x-b"]);
  });

  test("a credential is loaded once, and written at once from then on", async () => {
    let loads = 0;
    const members = [member("a", { load: () => ({ authorize: writes({ authorization: `Bearer ${++loads}` }) }) })];
    const first = request();
    await authorize(members, {}, first, () => {});
    const second = request();
    expect(authorize(members, {}, second, () => {})).toBeUndefined();
    expect(second.headers.authorization).toBe("Bearer 1");
  });

  test("a member overwrites the caller's header", async () => {
    const outgoing = request({ authorization: "Bearer mine" });
    await authorize(
      [member("a", { authorize: writes({ authorization: "Bearer theirs" }) })],
      { ...outgoing.headers },
      outgoing,
      () => {},
    );
    expect(outgoing.headers.authorization).toBe("Bearer theirs");
  });

  test.each(["authorization", "Authorization"])("I19 two members that write %s are a conflict", (name) => {
    const members = [
      member("a", { authorize: writes({ authorization: "1" }) }),
      member("b", { authorize: writes({ [name]: "2" }) }),
    ];
    expect(() => authorize(members, {}, request(), () => {})).toThrow(/a and b both write the header authorization/);
  });

  test("I19 an upper-case name replaces the lower-case one: one header on the wire", async () => {
    const outgoing = request({ authorization: "caller" });
    await authorize(
      [member("a", { authorize: writes({ Authorization: "member" }) })],
      { ...outgoing.headers },
      outgoing,
      () => {},
    );
    expect(outgoing.headers).toEqual({ authorization: "member" });
  });

  test.each([
    ["x-key", "SENTINEL\r\nx-evil: 1"],
    ["x-key", "SENTINEL\0"],
    ["x-key", "SENTINEL\u2713"],
    ["x-key", 5 as never],
    ["bad name", "SENTINEL"],
    ["host", "evil.example"],
    ["content-length", "0"],
    ["transfer-encoding", "chunked"],
    ["connection", "close"],
  ])("I18 U20 the header %s: %j is refused without being shown", (name, value) => {
    const members = [member("a", { authorize: writes({ [name]: value }) })];
    let thrown: unknown;
    try {
      authorize(members, {}, request(), () => {});
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: "ERR_AUTH_INVALID" });
    expect(String((thrown as Error).stack)).not.toContain("SENTINEL");
  });

  test("asynchronous members keep their order", async () => {
    const order: string[] = [];
    const slow = member("slow", {
      authorize: async ({ headers }) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        order.push("slow");
        headers["x-slow"] = "1";
      },
    });
    const signer = member("signer", {
      signs: true,
      authorize: ({ headers }) => void order.push(Object.keys(headers).join()),
    });
    await authorize([slow, signer], {}, request(), () => {});
    expect(order).toEqual(["slow", "x-slow"]);
  });
});
