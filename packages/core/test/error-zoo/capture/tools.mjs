import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { request as requestTls } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const zoo = new URL("../", import.meta.url);

/** The Python that has mlflow[auth], fastapi, gunicorn, and moto[server]. */
export const python = process.env.PYTHON ?? "python3";

export const folder = mkdtempSync(join(tmpdir(), "error-zoo-"));
const children = [];

export function write(name, content) {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Starts a program and waits until its port answers. */
export async function start(command, port, env = {}) {
  const child = spawn(command[0], command.slice(1), {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, ...env },
    stdio: process.env.VERBOSE ? "inherit" : "ignore",
    detached: true,
  });
  children.push(child);
  for (let tries = 0; tries < 600; tries += 1) {
    if (child.exitCode !== null) throw new Error(`${command.join(" ")} ended with ${child.exitCode}`);
    const up = await send({ port, path: "/health" }).catch(() => undefined);
    if (up) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${command.join(" ")} does not answer`);
}

export function stop() {
  for (const child of children) {
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {}
  }
  rmSync(folder, { recursive: true, force: true });
}

/** One exchange, with the headers as the server wrote them. */
export function send({ port, method = "GET", path, headers = {}, body, tls }) {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, method, path, headers: { connection: "close", ...headers }, ...tls };
    const outgoing = (tls ? requestTls : request)(
      { rejectUnauthorized: false, agent: false, ...options },
      (response) => {
        const chunks = [];
        response.on("data", (chunk) => chunks.push(chunk));
        response.on("error", () => {});
        response.on("close", () =>
          resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() }),
        );
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** Sends the request and files the answer, keeping what is expected of it. */
export async function capture(name, origin, request) {
  const answer = await send(request);
  const response = { ...answer, headers: { ...answer.headers }, body: answer.body.slice(0, 4096) };
  const cookies = response.headers["set-cookie"];
  if (cookies) response.headers["set-cookie"] = cookies.map((cookie) => cookie.replace(/=[^;]*/, "=***"));
  const file = new URL(`${name}.json`, zoo);
  let known = {};
  try {
    known = JSON.parse(readFileSync(file, "utf8"));
  } catch {}
  const { method = "GET", path, headers } = request;
  const entry = { name, origin, request: { method, path, headers: shown(headers) }, sent: { members: [] }, response };
  writeFileSync(file, `${JSON.stringify({ ...known, ...entry, sent: known.sent ?? entry.sent }, null, 2)}\n`);
  console.log(`${response.status} ${name}`);
  return answer;
}

function shown(headers = {}) {
  const secret = /^(authorization|proxy-authorization|cookie)$/;
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, secret.test(name) ? value.replace(/ .*/, " ***") : value]),
  );
}

export function basic(username, password) {
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` };
}

export const json = { "content-type": "application/json" };
