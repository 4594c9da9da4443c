import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type DiagnoseInput, diagnose, isRefusal, mayRetryStatus } from "../src/diagnose/index.ts";
import { createRedactor } from "../src/redact.ts";

interface Given {
  method?: string;
  url?: string;
  headers?: Record<string, string>;
  members?: string[];
  workspace?: string;
  signed?: boolean;
  unread?: string[];
}

function diagnosed(status: number, body: unknown, given: Given = {}) {
  const input: DiagnoseInput = {
    method: given.method ?? "GET",
    url: new URL(given.url ?? "https://mlflow.example.com/api/2.0/mlflow/runs/get"),
    response: { status, headers: given.headers ?? {}, text: typeof body === "string" ? body : JSON.stringify(body) },
    sent: { members: given.members ?? [], workspace: given.workspace, signed: given.signed ?? false },
    unread: given.unread ?? [],
  };
  return diagnose(input);
}

const unread = ["MLFLOW_TRACKING_TOKEN is set; install @mlflow-kit/auth-token and pass token()"];

describe("the guides' promises", () => {
  test("a 401 and a 403 read as documented, with the documented remedies", () => {
    const denied = diagnosed(401, "");
    expect(denied.message).toBe("MLflow authentication error (HTTP 401): Invalid credentials");
    expect(denied.remedies).toHaveLength(3);
    const refused = diagnosed(403, "Permission denied", { members: ["basic"] });
    expect(refused.message).toBe("MLflow authentication error (HTTP 403): Access forbidden");
    expect(refused.remedies).toContain("Use HOKUSAI_MOCK_MODE=true for local development");
  });

  test("a variable that is set and that nobody reads comes first", () => {
    for (const error of [diagnosed(401, "", { unread }), diagnosed(403, "", { unread })]) {
      expect(error.hint).toBe(unread[0]);
      expect(error.remedies[0]).toBe(unread[0]);
    }
    expect(diagnosed(403, "Permission denied", { unread, members: ["basic"] }).hint).toContain("no permission");
  });

  test("MLflow's errors read as MLflow writes them", () => {
    const error = diagnosed(404, { error_code: "RESOURCE_DOES_NOT_EXIST", message: "Run with id=1 not found" });
    expect(error).toMatchObject({ name: "RestError", code: "ERR_REST", errorCode: "RESOURCE_DOES_NOT_EXIST" });
    expect(error.message).toBe("RESOURCE_DOES_NOT_EXIST: Run with id=1 not found");
    expect(diagnosed(400, { error_code: "A", message: "two  blanks" }).message).toBe("A: two  blanks");
  });
});

describe("R10 answers of the wrong shape", () => {
  test.each([
    ["no JSON", "OK"],
    ["empty", ""],
    ["null", "null"],
    ["an array", "[1]"],
    ["a number", "7"],
    ["half of an object", '{"a":'],
    ["an object without message", {}],
    ["fields of wrong types", { error_code: {}, message: [], detail: null, error: 1 }],
    ["a message that is no text", { error_code: "INTERNAL_ERROR", message: { a: 1 } }],
  ])("%s is a typed error with any status", (_, body) => {
    for (const status of [200, 204, 301, 400, 401, 403, 404, 418, 500, 503]) {
      const error = diagnosed(status, body);
      expect(error.code).toMatch(/^ERR_(REST|RESPONSE|REDIRECT|HTTP_UNAUTHENTICATED|HTTP_FORBIDDEN)$/);
      expect(error.message).not.toMatch(/undefined|\[object/);
      expect(error.status).toBe(status);
      expect(error.hint).toMatch(/\S/);
    }
  });

  test("C07 an error code that every object has is a code like any other", () => {
    for (const error_code of ["constructor", "__proto__", "toString"]) {
      expect(diagnosed(400, { error_code, message: "x" }).hint).toBe("The message is the server's own.");
    }
  });

  test("an error code that is a number is named by the status", () => {
    expect(diagnosed(404, { error_code: 404, message: "x" }).message).toBe("ENDPOINT_NOT_FOUND: x");
    expect(diagnosed(403, { error_code: "403", message: "Invalid access token." }).hint).toContain("refused");
  });
});

describe("what others wrote", () => {
  test("R08 a page of HTML shows no more than its title, also when the error is printed", () => {
    const page = `<!doctype html><title>Sign in\n to Example</title><p>${"secret content ".repeat(500)}</p>`;
    const error = diagnosed(200, page);
    expect(error.code).toBe("ERR_HTTP_LOGIN_PAGE");
    expect(error.message).toContain('"Sign in to Example"');
    expect(`${inspect(error)}${JSON.stringify(error)}`).not.toContain("secret content");
    expect(error.body).toBe(page);
  });

  test("L05 control characters and line breaks do not reach the message, and it is cut", () => {
    const evil = `line\nMLflow authentication ok\u001b[2J${"x".repeat(5000)}`;
    for (const body of [evil, { message: evil }, { error_code: "E", message: evil }, { detail: evil }]) {
      for (const status of [400, 401, 403, 500]) {
        const { message } = diagnosed(status, body);
        expect(message).not.toMatch(/[\u0000-\u001f]/);
        expect(message.length).toBeLessThan(1200);
      }
    }
  });
});

describe("hostile answers", () => {
  const marks = [
    "<title>",
    "<input ",
    "location",
    "token ",
    "expired ",
    "-eyJaaaaaaaa",
    "Workspace ",
    '{"message":"',
    "\n",
    "</",
  ];
  const hostile = fc.oneof(
    fc.string(),
    fc.json(),
    fc.array(fc.constantFrom(...marks)).map((parts) => parts.join("")),
    fc.record({ error_code: fc.anything(), message: fc.anything(), error: fc.anything(), detail: fc.anything() }),
  );
  const names = ["www-authenticate", "location", "server", "x-amzn-errortype", "x-squid-error", "content-type"];
  const headers = fc.dictionary(fc.constantFrom(...names), fc.string());

  test("R10 whatever comes is a typed error of one line", () => {
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 599 }), hostile, headers, (status, body, given) => {
        let text: string;
        try {
          text = typeof body === "string" ? body : (JSON.stringify(body) ?? "");
        } catch {
          return;
        }
        const error = diagnosed(status, text, { headers: given, members: ["basic"], workspace: "w" });
        expect(error.code).toMatch(/^ERR_/);
        expect(error.message).not.toMatch(/[\u0000-\u001f\u007f]/);
        expect(error.hint).not.toMatch(/[\u0000-\u001f\u007f]/);
      }),
      { numRuns: 500 },
    );
  });

  test.each(marks)("64 KiB of %j are read in no time", (mark) => {
    const text = `<html>${mark.repeat(65_536 / mark.length)}`;
    const started = performance.now();
    for (const status of [200, 302, 400, 401, 403, 500]) {
      diagnosed(status, text);
      diagnosed(status, { message: text, __type: "X" });
      createRedactor().redact(text);
    }
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe("the same status, other causes", () => {
  test("the host check and the cross-origin block never read as a lack of permission", () => {
    const host = diagnosed(403, "Invalid Host header - possible DNS rebinding attack detected", {
      url: "http://mlflow.example.com:5000/api/2.0/mlflow/runs/get",
    });
    const origin = diagnosed(403, "Cross-origin request blocked");
    expect(host.code).toBe("ERR_HTTP_HOST");
    expect(host.hint).toContain('"mlflow.example.com:5000"');
    expect(origin.code).toBe("ERR_HTTP_CROSS_ORIGIN");
    for (const { message } of [host, origin]) expect(message).not.toContain("Access forbidden");
  });

  test.each([
    ["Basic", ["token"], /user name and password, not what token sends/],
    ["Basic", ["basic"], /no such user and password/],
    ["Bearer", ["basic"], /bearer token, not what basic sends/],
    ['Bearer error="invalid_token"', ["token"], /expired/],
    ["Negotiate", ["basic"], /negotiate/],
    ["", ["anonymous"], /Nothing was sent/],
    ["", ["mtls", "token"], /what mtls and token sent/],
  ])("a 401 that asks for %j after %j", (asked, members, hint) => {
    expect(diagnosed(401, "", { members, headers: { "www-authenticate": asked } }).hint).toMatch(hint);
  });

  test("a token that lacks a scope", () => {
    const headers = { "www-authenticate": 'Bearer error="insufficient_scope", scope="mlflow.write"' };
    expect(diagnosed(403, { error: "insufficient_scope" }, { members: ["token"], headers }).hint).toContain(
      "mlflow.write",
    );
  });

  test("the missing permission of AWS is named by the host when AWS does not name it", () => {
    const headers = { "x-amzn-errortype": "AccessDeniedException" };
    const hint = (host: string) =>
      diagnosed(403, { Message: "Forbidden" }, { headers, signed: true, members: ["sigv4"], url: `https://${host}/x` })
        .hint;
    expect(hint("a.execute-api.eu-west-1.amazonaws.com")).toContain("execute-api:Invoke");
    expect(hint("a.lambda-url.eu-west-1.on.aws")).toContain("lambda:InvokeFunctionUrl");
    expect(hint("a.b.vpc-lattice-svcs.eu-west-1.on.aws")).toContain("vpc-lattice-svcs:Invoke");
    expect(hint("eu-west-1.experiments.sagemaker.aws")).toContain("sagemaker-mlflow");
  });

  test("AWS in XML, JSON, plain text and headers alone", () => {
    const type = { "x-amzn-errortype": "ExpiredTokenException:http://internal.amazon.com/coral/" };
    for (const error of [
      diagnosed(403, "<ErrorResponse><Error><Code>ExpiredToken</Code><Message>x</Message></Error></ErrorResponse>"),
      diagnosed(400, { __type: "com.amazon.coral.service#ExpiredTokenException", message: "x" }),
      diagnosed(403, { Error: { Code: "ExpiredToken", Message: "x" } }),
      diagnosed(403, "ExpiredTokenException: x"),
      diagnosed(403, "", { headers: type }),
    ]) {
      expect(error.code).toBe("ERR_HTTP_AWS");
      expect(error.hint).toContain("expired");
    }
  });

  test("a page of another application is no login page", () => {
    const error = diagnosed(200, "<html><title>Grafana</title></html>", { headers: { "content-type": "text/html" } });
    expect(error.code).toBe("ERR_RESPONSE");
    expect(error.message).toContain('"Grafana"');
  });

  test("a redirect of a browser by script or by meta element is a login page", () => {
    for (const page of [
      '<html><script>window.location.href = "/oauth/start"</script></html>',
      '<html><meta http-equiv="refresh" content="0; url=/login"></html>',
      '<html><form action="/auth/realms/x"></form></html>',
    ]) {
      expect(diagnosed(200, page).code).toBe("ERR_HTTP_LOGIN_PAGE");
    }
  });
});

describe("isRefusal", () => {
  test.each([
    [401, "", false, true],
    [403, "", false, true],
    [403, "Permission denied", false, false],
    [403, '{"error_code": "PERMISSION_DENIED", "message": "x"}', false, false],
    [403, "Invalid Host header - possible DNS rebinding attack detected", false, false],
    [403, "Cross-origin request blocked", false, false],
    [403, '{"message":"Forbidden"}', true, true],
    [400, "", true, true],
    [400, "", false, false],
    [404, "", true, false],
    [500, "", true, false],
  ])("T07 T08 %i %j, signed: %j", (status, text, signs, expected) => {
    expect(isRefusal(status, {}, text, signs)).toBe(expected);
  });
});

describe("mayRetryStatus", () => {
  test("408, 429, 500, 502, 503 and 504, and no others", () => {
    const retried = Array.from({ length: 600 }, (_, status) => status).filter((status) =>
      mayRetryStatus(status, {}, ""),
    );
    expect(retried).toEqual([408, 429, 500, 502, 503, 504]);
  });

  test("never a feature that is switched off", () => {
    expect(mayRetryStatus(500, {}, '{"error_code":"FEATURE_DISABLED"}')).toBe(false);
    expect(mayRetryStatus(500, {}, '{"error_code": "FEATURE_DISABLED"}')).toBe(false);
  });
});
