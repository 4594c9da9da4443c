import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { createAuthority, type TemporaryHome, temporaryHome } from "@mlflow-kit/testing";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

let home: TemporaryHome;
let close: () => unknown;
let seen: string[];

/** A gateway that lets in whoever has a certificate of our authority, and notes whose it was and what was sent. */
beforeEach(async () => {
  const authority = createAuthority();
  const ada = authority.issue({ name: "ada" });
  home = await temporaryHome({ "ca.pem": authority.cert, "me.pem": ada.cert, "me.key": ada.key });
  seen = [];
  const gateway = createServer({ ...authority.issue(), ca: authority.cert, requestCert: true }, (request, response) => {
    const { CN } = (request.socket as TLSSocket).getPeerCertificate().subject;
    seen.push([CN, request.headers.authorization, request.method, request.url?.split("?")[0]].join(" "));
    response.setHeader("content-type", "application/json");
    response.end('{"experiments":[{"name":"Default"}],"experiment_id":"7"}');
  });
  gateway.listen(0, "127.0.0.1");
  await once(gateway, "listening");
  close = () => gateway.close().closeAllConnections();
  vi.stubEnv("MLFLOW_TRACKING_URI", `https://127.0.0.1:${(gateway.address() as AddressInfo).port}`);
  vi.stubEnv("MLFLOW_TRACKING_CA_BUNDLE_PATH", `${home.path}/ca.pem`);
  vi.stubEnv("MLFLOW_TRACKING_CLIENT_CERT_PATH", `${home.path}/me.pem`);
  vi.stubEnv("MLFLOW_TRACKING_CLIENT_KEY_PATH", `${home.path}/me.key`);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  close();
  await home[Symbol.asyncDispose]();
});

it("a client certificate", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  await import("./mtls.ts");
  expect(log.mock.calls).toEqual([["Default"]]);
  expect(seen).toEqual(["ada  GET /api/2.0/mlflow/experiments/search"]);
});

it("a client certificate and basic", async () => {
  vi.stubEnv("MLFLOW_TRACKING_USERNAME", "ada");
  vi.stubEnv("MLFLOW_TRACKING_PASSWORD", "secret");
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  await import("./mtls-basic.ts");
  expect(log.mock.calls).toEqual([["7"]]);
  const authorization = `Basic ${Buffer.from("ada:secret").toString("base64")}`;
  expect(seen).toEqual([`ada ${authorization} POST /api/2.0/mlflow/experiments/create`]);
});
