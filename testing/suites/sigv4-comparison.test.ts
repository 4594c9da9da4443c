import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { sigv4 } from "@mlflow-kit/auth-sigv4";
import { createClient, fileBody } from "@mlflow-kit/core";
import { findMlflowPython, lazy, startVerifier, temporaryHome, type Verifier } from "@mlflow-kit/testing";
import { afterAll, expect, it } from "vitest";
import { describeWith } from "./describe-with.ts";

/** The same requests by this package and by what Python's MLflow uses, before botocore's check. */
const key = { id: "AKIDEXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token: "a/session+token==" };
const python = findMlflowPython();

interface Row {
  title: string;
  method?: "GET" | "POST" | "PUT" | "DELETE";
  path: string;
  /** What `requests` is given as `params`. */
  params?: [string, string][];
  json?: object;
  /** Bytes of a file. */
  file?: number;
  env?: Record<string, string>;
  skewed?: true;
  /** What must hold besides that the signature is right. */
  also?: "host" | "content-type";
}

const rows: Row[] = [
  { title: "GET", path: "/api/2.0/mlflow/experiments/search" },
  {
    title: "POST with JSON, text in unicode",
    method: "POST",
    path: "/api/2.0/mlflow/runs/create",
    json: { name: "試験 é" },
  },
  { title: "`Content-Type` is signed", method: "POST", path: "/x", json: {}, also: "content-type" },
  { title: "`Host` keeps a port that is not 443", path: "/x", also: "host" },
  { title: "space in the query", path: "/x", params: [["experiment_name", "a b"]] },
  { title: "`+` in the query", path: "/x", params: [["q", "a+b"]] },
  { title: "`=` in the query, not encoded", path: "/x?page_token=abc==" },
  { title: "`!'()*` in the query, not encoded", path: "/x?q=it's(a)*test!" },
  { title: "unicode in the query", path: "/x", params: [["q", "試験"]] },
  {
    title: "repeated names in the query",
    path: "/x",
    params: [
      ["id", "2"],
      ["id", "1"],
    ],
  },
  { title: "a name without value in the query", path: "/x?flag" },
  { title: "space and `%` in the path", path: "/artifacts/my%20model%2525.pkl" },
  { title: "unicode in the path", path: "/artifacts/%E8%A9%A6.bin" },
  { title: "`!'()*` in the path", path: "/artifacts/it's(a)*test!" },
  { title: "empty segments in the path", path: "/prefix//api/2.0/x" },
  { title: "DELETE with JSON", method: "DELETE", path: "/x", json: { a: 1 } },
  { title: "artifact of 0 bytes", method: "PUT", path: "/artifacts/empty", file: 0 },
  { title: "artifact of 10 MiB, from a file", method: "PUT", path: "/artifacts/large", file: 10 * 1024 * 1024 },
  { title: "session token", path: "/x", env: { AWS_SESSION_TOKEN: key.token } },
  { title: "region in `AWS_REGION`", path: "/x", env: { AWS_REGION: "eu-west-1", AWS_DEFAULT_REGION: "" } },
  { title: "region in the profile", path: "/x", env: { AWS_DEFAULT_REGION: "" } },
  { title: "a clock that is 20 minutes off", path: "/x", skewed: true },
];

describeWith("MLflow", "beside requests_auth_aws_sigv4", () => {
  const keys = (token?: string) => ({ [key.id]: { secret: key.secret, token } });
  const verifiers = {
    plain: lazy(() => startVerifier({ keys: keys() })),
    token: lazy(() => startVerifier({ keys: keys(key.token) })),
    skewed: lazy(() => startVerifier({ keys: keys(), clock: 1200 })),
  };
  for (const verifier of Object.values(verifiers)) afterAll(verifier.close);

  it("gives the table of the README", async () => {
    await using home = await temporaryHome({ ".aws/config": "[default]\nregion = eu-west-1\n" });
    const lines = ["| request | mlflow-kit | requests_auth_aws_sigv4 |", "| --- | --- | --- |"];
    for (const row of rows) {
      const verifier = await verifiers[row.skewed ? "skewed" : row.env?.AWS_SESSION_TOKEN ? "token" : "plain"]();
      const env = {
        AWS_ACCESS_KEY_ID: key.id,
        AWS_SECRET_ACCESS_KEY: key.secret,
        AWS_DEFAULT_REGION: "eu-west-1",
        ...row.env,
      };
      const file = await home.write("body.bin", new Uint8Array(row.file ?? 0));
      const ours = await byUs(row, verifier, env, file, home.path);
      const theirs = await byPython(row, verifier, env, file, home.path);
      lines.push(`| ${row.title} | ${ours} | ${theirs} |`);
      expect(`${row.title}: ${ours}`).toBe(`${row.title}: yes`);
    }
    const readme = readFileSync(new URL("../../packages/auth-sigv4/README.md", import.meta.url), "utf8");
    const squeezed = readme.replace(/ +\|/g, " |").replace(/\| +/g, "| ").replace(/-{3,}/g, "---");
    expect(squeezed).toContain(lines.join("\n"));
  });
});

async function byUs(
  row: Row,
  verifier: Verifier,
  env: Record<string, string>,
  file: string,
  homeDir: string,
): Promise<string> {
  const signed: string[] = [];
  const provider = sigv4({ service: "execute-api" });
  await using client = createClient({
    trackingUri: verifier.url.href,
    env,
    homeDir,
    auth: {
      name: "sigv4",
      async resolve(context) {
        const auth = await provider.resolve(context);
        const note: NonNullable<typeof auth>["transport"] = (next) => (request) => {
          signed.push(request.headers.authorization ?? "");
          return next(request);
        };
        return auth && { ...auth, transport: note };
      },
    },
  });
  const query = row.params ? `?${new URLSearchParams(row.params)}` : "";
  const response = await client.fetch(row.path + query, {
    method: row.method ?? "GET",
    ...(row.json && { body: JSON.stringify(row.json), headers: { "content-type": "application/json" } }),
    ...(row.file !== undefined && { body: (await fileBody(file)) as never }),
  });
  return judge(row, response.status, response.headers.get("x-received-host") ?? "", verifier, signed.at(-1) ?? "");
}

function judge(row: Row, status: number, host: string, verifier: Verifier, authorization: string): string {
  if (status !== 200) return `no: HTTP ${status}`;
  if (row.also === "host" && host !== verifier.url.host) return "no: sends `Host` without it";
  if (row.also === "content-type" && !/SignedHeaders=[^,]*content-type/.test(authorization)) return "no";
  return "yes";
}

const program = `
import json, sys, requests
from requests_auth_aws_sigv4 import AWSSigV4
row = json.loads(sys.argv[1])
try:
    data = open(row["file"], "rb") if row["file"] else None
    answer = requests.request(row["method"], row["url"], params=row["params"], json=row["json"], data=data,
        auth=AWSSigV4("execute-api"), timeout=30)
    print(json.dumps({"status": answer.status_code, "host": answer.headers.get("x-received-host", ""),
        "authorization": answer.request.headers["Authorization"]}))
except Exception as error:
    print(json.dumps({"error": type(error).__name__}))
`;

async function byPython(
  row: Row,
  verifier: Verifier,
  env: Record<string, string>,
  file: string,
  home: string,
): Promise<string> {
  const given = {
    method: row.method ?? "GET",
    url: verifier.url.origin + row.path,
    params: row.params ?? null,
    json: row.json ?? null,
    file: row.file === undefined ? null : file,
  };
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const stdout = await new Promise<string>((resolve, reject) => {
    const options = { env: { PATH: process.env.PATH, HOME: home, AWS_EC2_METADATA_DISABLED: "true", ...set } };
    execFile(python ?? "python3", ["-c", program, JSON.stringify(given)], options, (error, out) =>
      error ? reject(error) : resolve(out),
    );
  });
  const answer = JSON.parse(stdout) as { status: number; host: string; authorization: string; error?: string };
  if (answer.error) return `no: ${answer.error}`;
  return judge(row, answer.status, answer.host, verifier, answer.authorization);
}
