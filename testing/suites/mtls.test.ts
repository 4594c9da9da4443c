import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { rename, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { basic } from "@mlflow-kit/auth-basic";
import { mtls } from "@mlflow-kit/auth-mtls";
import { type AuthProvider, type ClientOptions, combine, createClient, fileBody } from "@mlflow-kit/core";
import {
  createAuthority,
  findProgram,
  freePort,
  type Issued,
  lazy,
  startChild,
  startMlflow,
  startNginx,
  temporaryHome,
} from "@mlflow-kit/testing";
import { afterAll, describe, expect, it } from "vitest";
import { describeWith } from "./describe-with.ts";

const day = 86_400_000;
const authority = createAuthority();
const server = authority.issue({ name: "server" });
const files = { "server.crt": server.cert, "server.key": server.key, "ca.crt": authority.cert };

/** The words of an nginx server block that insists on a certificate of our authority and says whose it saw. */
const verifying = (folder: string) => `
  ssl_certificate ${folder}/server.crt;
  ssl_certificate_key ${folder}/server.key;
  ssl_client_certificate ${folder}/ca.crt;
  ssl_verify_client on;
  add_header x-client $ssl_client_s_dn always;
`;

function client(options: ClientOptions) {
  const said: string[] = [];
  const log = { debug() {}, warn: (message: string) => void said.push(message) };
  const tls = { ca: authority.cert };
  return Object.assign(createClient({ env: {}, homeDir: "/nonexistent", tls, log, retry: false, ...options }), {
    said,
  });
}

describeWith(["MLflow", "nginx"], "client certificates before a real MLflow", () => {
  const gate = lazy(async () => {
    const mlflow = await startMlflow({ defaultPermission: "MANAGE" });
    const ada = await mlflow.createUser("ada", "correct horse battery");
    const bob = await mlflow.createUser("bob", "staple battery horse");
    // Few requests for each connection, so that a run of calls makes many.
    const nginx = await startNginx(
      (folder) => `${verifying(folder)}
        keepalive_requests 10;
        client_max_body_size 0;
        location / {
          proxy_pass ${mlflow.url.origin};
          proxy_http_version 1.1;
          proxy_request_buffering off;
        }`,
      { listen: "ssl", files },
    );
    const close = async () => {
      await nginx.close();
      await mlflow.close();
    };
    return { ada, bob, url: `https://127.0.0.1:${nginx.port}`, close };
  });
  afterAll(gate.close);

  /** Whom nginx and MLflow take the caller for. */
  async function seen(made: ReturnType<typeof client>) {
    const answer = await made.fetch("/api/2.0/mlflow/users/current");
    const { user } = (await answer.json()) as { user: { username: string } };
    return { certificate: answer.headers.get("x-client"), username: user.username };
  }

  it("runs the whole tracking round trip, with both", async () => {
    const { url, ada } = await gate();
    await using home = await temporaryHome({ "me.pem": Object.values(authority.issue({ name: "ada" })).join("\n") });
    await using mlflow = client({
      auth: combine(mtls(), basic()),
      env: {
        MLFLOW_TRACKING_URI: url,
        MLFLOW_TRACKING_CLIENT_CERT_PATH: join(home.path, "me.pem"),
        MLFLOW_TRACKING_USERNAME: ada.username,
        MLFLOW_TRACKING_PASSWORD: ada.password,
      },
    });
    await mlflow.validate();
    expect(await seen(mlflow)).toEqual({ certificate: "CN=ada", username: "ada" });
    const { experiment_id } = await mlflow.request("POST mlflow/experiments/create", { name: "mutual" });
    const { run } = await mlflow.request("POST mlflow/runs/create", { experiment_id, run_name: "first" });
    const { run_id } = run.info;
    await mlflow.request("POST mlflow/runs/log-batch", {
      run_id,
      metrics: [{ key: "loss", value: 0.5, timestamp: 1, step: 1 }],
      params: [{ key: "rate", value: "0.1" }],
      tags: [{ key: "team", value: "blue" }],
    });
    await mlflow.request("POST mlflow/runs/update", { run_id, status: "FINISHED", end_time: Date.now() });
    const { run: read } = await mlflow.request("GET mlflow/runs/get", { run_id });
    expect(read.info).toMatchObject({ run_name: "first", status: "FINISHED" });
    expect(read.data?.metrics).toEqual([expect.objectContaining({ key: "loss", value: 0.5 })]);
    expect(read.data?.params).toEqual([{ key: "rate", value: "0.1" }]);
    const found = await mlflow.request("POST mlflow/runs/search", {
      experiment_ids: [experiment_id],
      filter: "tags.team = 'blue'",
    });
    expect(found.runs?.map((one) => one.info.run_id)).toEqual([run_id]);

    const bytes = randomBytes(24 * 2 ** 20);
    const artifact_path = `${experiment_id}/${run_id}/artifacts/weights.bin`;
    const body = await fileBody(await home.write("weights.bin", bytes));
    await mlflow.request("PUT mlflow-artifacts/artifacts/{+artifact_path}", { artifact_path }, { body });
    const answer = await mlflow.fetch(`/api/2.0/mlflow-artifacts/artifacts/${artifact_path}`);
    const hash = createHash("sha256");
    for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) hash.update(chunk);
    expect(hash.digest("hex")).toBe(createHash("sha256").update(bytes).digest("hex"));
    expect((await mlflow.request("GET mlflow/artifacts/list", { run_id })).files).toEqual([
      expect.objectContaining({ path: "weights.bin", file_size: bytes.length }),
    ]);

    await mlflow.request("POST mlflow/runs/delete", { run_id });
    await mlflow.request("POST mlflow/experiments/delete", { experiment_id });
  });

  it("M14 rotates certificates during 1,000 calls, and none fails", { timeout: 300_000 }, async () => {
    const { url, ada } = await gate();
    const generation = (n: number) => authority.issue({ name: `generation ${n}` });
    const first = generation(0);
    await using home = await temporaryHome({ cert: first.cert, key: first.key });
    const [cert, key] = [join(home.path, "cert"), join(home.path, "key")];
    await using mlflow = client({ trackingUri: url, auth: combine(mtls({ cert, key }), basic(ada)) });
    /** Calls until a new connection has found what cannot be used; a warning is said once, so it may be an old one. */
    const refused = async (why: string) => {
      while (!mlflow.said.some((message) => message.includes(why))) await seen(mlflow);
    };
    const swap = async (pair: Issued) => {
      await rename(await home.write("next.key", pair.key), key);
      await rename(await home.write("next", pair.cert), cert);
    };
    const overwriteSlowly = async (pair: Issued) => {
      await writeFile(cert, pair.cert.slice(0, 300));
      await refused("cut off; the certificate that was read before stays in use");
      await writeFile(cert, pair.cert);
      await refused("does not belong to the certificate");
      await writeFile(key, pair.key);
    };
    const certificates = new Set<string | null>();
    let [calls, generations, placing] = [0, 1, false];
    const worker = async () => {
      while (calls < 1_000 || certificates.size < 9) {
        calls += 1;
        if (!placing && generations < 9 && certificates.size === generations && calls >= 100 * generations) {
          placing = true;
          await (generations === 5 ? overwriteSlowly : swap)(generation(generations));
          generations += 1;
          placing = false;
        }
        const { certificate, username } = await seen(mlflow);
        expect(username).toBe("ada");
        certificates.add(certificate);
      }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    expect([...certificates]).toEqual(Array.from({ length: 9 }, (_, n) => `CN=generation ${n}`));
  });

  it("U15 keeps two identities apart over 1,000 interleaved calls", { timeout: 300_000 }, async () => {
    const { url, ada, bob } = await gate();
    const make = (login: typeof ada) =>
      client({ trackingUri: url, auth: combine(mtls(authority.issue({ name: login.username })), basic(login)) });
    await using first = make(ada);
    await using second = make(bob);
    const right = { ada: 0, bob: 0, wrong: 0 };
    let next = 0;
    const worker = async () => {
      while (next < 1_000) {
        const [mine, name] = next++ % 2 === 0 ? ([first, "ada"] as const) : ([second, "bob"] as const);
        const { certificate, username } = await seen(mine);
        right[certificate === `CN=${name}` && username === name ? name : "wrong"]++;
      }
    };
    await Promise.all(Array.from({ length: 16 }, worker));
    expect(right).toEqual({ ada: 500, bob: 500, wrong: 0 });
  });
});

describe("servers that refuse a client certificate", () => {
  const late = authority.issue({ notBefore: new Date(Date.now() - 2 * day), notAfter: new Date(Date.now() - day) });
  /** The machine's clock is behind, so the check before use lets yesterday's certificate pass. */
  const now = () => Date.now() - 1.5 * day;
  const refused: readonly [name: string, auth: AuthProvider | undefined][] = [
    ["none", undefined],
    ["another authority's", mtls(createAuthority("Stranger").issue())],
    ["an expired one", mtls(late)],
  ];

  async function expectRefusals(port: number): Promise<void> {
    await using welcome = client({ trackingUri: `https://127.0.0.1:${port}`, auth: mtls(authority.issue()) });
    expect((await welcome.fetch("/")).status).toBe(200);
    for (const [name, auth] of refused) {
      await using made = client({ trackingUri: `https://127.0.0.1:${port}`, auth, now });
      const error = await made.request("GET mlflow/experiments/get", { experiment_id: "0" }).catch((e: unknown) => e);
      expect(error, name).toMatchObject({ name: "HttpAuthError", code: "ERR_HTTP_CLIENT_CERTIFICATE" });
      expect((error as Error).message, name).toMatch(/^MLflow authentication error .*client certificate/);
    }
  }

  for (const version of ["1.2", "1.3"] as const) {
    const flag = `-tls${version.replace(".", "_")}`;

    describeWith("openssl", `openssl s_server, TLS ${version}`, () => {
      it("M08 M09 ends in one error class", async () => {
        const port = await freePort();
        await using home = await temporaryHome(files);
        const openssl = await startChild({
          name: "openssl",
          command: [
            findProgram("openssl") as string,
            ...["s_server", "-accept", `127.0.0.1:${port}`, flag, "-www", "-quiet"],
            ...[
              "-cert",
              "server.crt",
              "-key",
              "server.key",
              "-CAfile",
              "ca.crt",
              "-Verify",
              "1",
              "-verify_return_error",
            ],
          ],
          cwd: home.path,
          isReady: () =>
            new Promise((resolve) => {
              const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
              socket.on("connect", () => socket.destroy());
            }),
        });
        try {
          await expectRefusals(port);
        } finally {
          await openssl.close();
        }
      });
    });

    describeWith("nginx", `nginx, TLS ${version}`, () => {
      it("M08 M09 ends in one error class", async () => {
        const block = (folder: string) =>
          `${verifying(folder)} ssl_protocols TLSv${version}; location / { return 200; }`;
        await using nginx = await startNginx(block, { listen: "ssl", files });
        await expectRefusals(nginx.port);
      });
    });

    it(`M08 M09 Node, TLS ${version} ends in one error class`, async () => {
      const only = { minVersion: `TLSv${version}`, maxVersion: `TLSv${version}` } as const;
      const options = { ...server, ...only, ca: authority.cert, requestCert: true };
      const node = createServer(options, (_, response) => void response.end());
      node.listen(0, "127.0.0.1");
      await once(node, "listening");
      try {
        await expectRefusals((node.address() as AddressInfo).port);
      } finally {
        node.close().closeAllConnections();
      }
    });
  }
});
