import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AuthError } from "../../src/errors.ts";
import { expandRoute } from "../../src/routes/index.ts";

function refusal(route: string, parameters?: object): AuthError {
  try {
    expandRoute(route, parameters);
  } catch (error) {
    if (error instanceof AuthError) return error;
    throw error;
  }
  throw new Error(`${route} was accepted`);
}

describe("expandRoute", () => {
  it("puts a route below /api/2.0/, unless it begins with a slash", () => {
    expect(expandRoute("POST mlflow/runs/create").path).toBe("/api/2.0/mlflow/runs/create");
    expect(expandRoute("POST /api/3.0/mlflow/traces").path).toBe("/api/3.0/mlflow/traces");
    expect(expandRoute("GET /health").path).toBe("/health");
    expect(expandRoute("GET /plugin/").path).toBe("/plugin/");
    expect(expandRoute("POST /").path).toBe("/");
    expect(expandRoute("POST /gateway/gemini/v1beta/models/{name}:generateContent", { name: "a b" }).path).toBe(
      "/gateway/gemini/v1beta/models/a%20b:generateContent",
    );
  });

  it("sends the parameters of a GET as a query, lists by repeating the key", () => {
    const parameters = {
      run_ids: ["a", "b&c"],
      filter: "name = 'ü +'",
      max_results: 5,
      big: 9_007_199_254_740_993n,
      all: false,
      absent: undefined,
      none: null,
      empty: [],
    };
    expect(expandRoute("GET mlflow/x", parameters)).toEqual({
      method: "GET",
      path: "/api/2.0/mlflow/x",
      query:
        "run_ids=a&run_ids=b%26c&filter=name%20%3D%20%27%C3%BC%20%2B%27&max_results=5&big=9007199254740993&all=false",
      body: undefined,
    });
  });

  it.each(["POST", "PUT", "PATCH", "DELETE"])("sends the parameters of a %s in the body", (method) => {
    expect(expandRoute(`${method} mlflow/x`, { key: "k", step: 2n ** 60n })).toEqual({
      method,
      path: "/api/2.0/mlflow/x",
      query: "",
      body: { key: "k", step: 2n ** 60n },
    });
    expect(expandRoute(`${method} mlflow/x`).body).toEqual({});
  });

  it("fills the path, and sends a parameter of the path in a body, too, but in no query", () => {
    const route = "DELETE mlflow/logged-models/{model_id}/tags/{tag_key}";
    expect(expandRoute(route, { model_id: "m-1", tag_key: "a/b c%2e", other: 1 })).toEqual({
      method: "DELETE",
      path: "/api/2.0/mlflow/logged-models/m-1/tags/a%2Fb%20c%252e",
      query: "",
      body: { model_id: "m-1", tag_key: "a/b c%2e", other: 1 },
    });
    expect(expandRoute("GET mlflow/x/{id}", { id: 1, other: 2 })).toMatchObject({
      path: "/api/2.0/mlflow/x/1",
      query: "other=2",
    });
    expect(expandRoute("GET mlflow-artifacts/presigned/{+artifact_path}", { artifact_path: "a b/c#d.txt" }).path).toBe(
      "/api/2.0/mlflow-artifacts/presigned/a%20b/c%23d.txt",
    );
  });

  it("leaves the caller's object alone", () => {
    const parameters = Object.freeze({ id: 1, x: 2 });
    expandRoute("POST mlflow/{id}", parameters);
    expect(parameters).toEqual({ id: 1, x: 2 });
  });

  it("takes a parameter only from the object itself", () => {
    expect(refusal("GET mlflow/{constructor}", {}).code).toBe("ERR_ROUTE");
    expect(refusal("GET mlflow/{id}", Object.create({ id: "inherited" })).code).toBe("ERR_ROUTE");
  });

  it.each([
    "POST",
    "mlflow/runs/create",
    "post mlflow/runs/create",
    "CONNECT mlflow/runs",
    "POST  mlflow/runs",
    "POST mlflow/runs ",
    "POST mlflow/runs?x=1",
    "POST mlflow/runs#x",
    "POST mlflow/ünruh",
    "POST mlflow/{a.b}",
    "POST mlflow/%zz",
  ])("refuses %j", (route) => {
    expect(refusal(route).code).toBe("ERR_ROUTE");
  });

  it.each([
    "GET mlflow/../users/get",
    "GET ../../etc",
    "GET mlflow/./x",
    "GET mlflow/%2e%2e/x",
    "GET mlflow/.%2E/x",
    "GET mlflow/a%2f..%2fb",
    "GET mlflow/a%5cb",
    "GET mlflow\\..\\x",
    "GET mlflow//x",
    "GET mlflow/x\r\nHost: evil",
    "GET mlflow/x%0d%0aHost:%20evil",
    "GET mlflow/x%00",
  ])("I21 the route %j is refused", (route) => {
    expect(refusal(route).code).toBe("ERR_ROUTE");
  });

  it.each([
    "GET //evil.example/x",
    "GET ///evil.example/x",
    "GET https://evil.example/x",
    "GET https:evil",
    "GET file:///etc/passwd",
    "GET \\\\evil.example\\x",
    "GET /\\evil.example",
  ])("I22 the route %j is refused", (route) => {
    expect(refusal(route).code).toBe("ERR_ROUTE");
  });

  it.each([".", "..", "../x", "a/../b", "a\\..\\b", "", null, undefined, {}, [], "\ud800"])(
    "I21 the path parameter %j is refused",
    (id) => {
      expect(refusal("GET mlflow/traces/{id}/info", { id }).code).toBe("ERR_ROUTE");
      expect(refusal("GET mlflow-artifacts/{+id}", { id }).code).toBe("ERR_ROUTE");
    },
  );

  it.each(["/x", "a//b", "a/"])("I21 the artifact path %j is refused", (path) => {
    expect(refusal("GET mlflow-artifacts/{+path}", { path }).code).toBe("ERR_ROUTE");
  });

  it("I21 whatever the parameters are, the request stays where the route says", () => {
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.stringMatching(/^[./\\%2eEfF5c0daA\r\n:?#@]*$/));
    fc.assert(
      fc.property(text, text, (id, value) => {
        let expanded: ReturnType<typeof expandRoute>;
        try {
          expanded = expandRoute("GET /base/{id}/end", { id, value });
        } catch (error) {
          expect((error as AuthError).code).toBe("ERR_ROUTE");
          return;
        }
        const url = new URL(`https://tracking.example${expanded.path}?${expanded.query}`);
        expect(url.origin).toBe("https://tracking.example");
        expect(url.pathname).toBe(expanded.path);
        expect(url.pathname.split("/").map(decodeURIComponent)).toEqual(["", "base", id, "end"]);
        expect(url.searchParams.get("value")).toBe(value);
        expect(expanded.path + expanded.query).toMatch(/^[\w\-.~%/=&]+$/);
      }),
      { numRuns: 1000 },
    );
  });

  it("refuses what a query cannot hold", () => {
    expect(refusal("GET mlflow/x", { a: { b: 1 } }).code).toBe("ERR_ROUTE");
    expect(refusal("GET mlflow/x", { a: [[1], { b: 1 }] }).code).toBe("ERR_ROUTE");
  });
});
