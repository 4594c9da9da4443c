import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import type { TlsIdentity } from "@mlflow-kit/core";
import { testContext } from "@mlflow-kit/core/testing";
import type { Issued } from "@mlflow-kit/testing";
import { describe, expect, it } from "vitest";
import { mtls } from "../src/index.ts";
import { authority, folder } from "./files.ts";

const [first, second, third] = ["first", "second", "third"].map((name) => authority.issue({ name })) as [
  Issued,
  Issued,
  Issued,
];

async function running(pair: Issued) {
  const files = folder({ cert: pair.cert, key: pair.key });
  const context = testContext();
  const auth = await mtls({ cert: files.path("cert"), key: files.path("key") }).resolve(context);
  const ask = auth?.tls as () => Promise<TlsIdentity>;
  const certificate = async () => (await ask()).cert;
  return { ...files, context, ask, certificate };
}

describe("rotation", () => {
  it("M14 the same object while the files hold the same, also when they were written again", async () => {
    const { ask, write, path, context } = await running(first);
    const identity = await ask();
    expect(await ask()).toBe(identity);
    write("cert", first.cert);
    utimesSync(path("cert"), 1, 1);
    expect(await ask()).toBe(identity);
    expect(context.warned).toEqual([]);
  });

  it("M14 a pair that was swapped is used", async () => {
    const { write, path, certificate, context } = await running(first);
    write("next", second.key);
    renameSync(path("next"), path("key"));
    write("next", second.cert);
    renameSync(path("next"), path("cert"));
    expect(await certificate()).toBe(second.cert);
    write("cert", third.cert);
    write("key", third.key);
    expect(await certificate()).toBe(third.cert);
    expect(context.warned).toEqual([]);
  });

  it("M14 a torn pair keeps the old one and warns once; the whole one is used", async () => {
    const { write, path, certificate, ask, context } = await running(first);
    const identity = await ask();
    write("cert", second.cert);
    for (let n = 0; n < 3; n += 1) expect(await ask()).toBe(identity);
    expect(context.warned).toEqual([
      `mtls: the key in "${path("key")}" does not belong to the certificate in "${path("cert")}"; the certificate that was read before stays in use`,
    ]);
    write("key", second.key.slice(0, 90));
    expect(await ask()).toBe(identity);
    rmSync(path("key"));
    expect(await ask()).toBe(identity);
    expect(context.warned).toHaveLength(3);
    expect(context.warned.join()).not.toMatch(/BEGIN/);
    write("key", second.key);
    expect(await certificate()).toBe(second.cert);
    expect(context.warned).toHaveLength(3);
  });

  it("M14 a torn pair that is mended with the old one costs nothing", async () => {
    const { write, ask } = await running(first);
    const identity = await ask();
    write("cert", second.cert);
    await ask();
    write("cert", first.cert);
    expect(await ask()).toBe(identity);
  });

  it("M14 a Kubernetes secret: the folder behind a symbolic link is swapped", async () => {
    const files = folder();
    const publish = (version: string, { cert, key }: Issued) => {
      mkdirSync(files.path(version));
      writeFileSync(files.path(`${version}/tls.crt`), cert);
      writeFileSync(files.path(`${version}/tls.key`), key, { mode: 0o600 });
      symlinkSync(version, files.path("..data_tmp"));
      renameSync(files.path("..data_tmp"), files.path("..data"));
    };
    publish("v1", first);
    for (const name of ["tls.crt", "tls.key"]) symlinkSync(`..data/${name}`, files.path(name));
    const context = testContext();
    const auth = await mtls({ cert: files.path("tls.crt"), key: files.path("tls.key") }).resolve(context);
    const ask = auth?.tls as () => Promise<TlsIdentity>;
    expect((await ask()).cert).toBe(first.cert);
    publish("v2", second);
    expect((await ask()).cert).toBe(second.cert);
    expect(context.warned).toEqual([]);
  });

  it("M14 many connections at once look once, and never get half of each", async () => {
    const { write, ask, path } = await running(first);
    const pairs = new Map([first, second, third].map(({ cert, key }) => [cert, key.trim()]));
    for (let round = 0; round < 20; round += 1) {
      const { cert, key } = [first, second, third][round % 3] as Issued;
      write("key", key);
      const asked = Array.from({ length: 8 }, () => ask());
      write("cert", cert);
      for (const identity of await Promise.all(asked)) {
        expect(pairs.get(String(identity.cert))).toBe(identity.key);
      }
      expect((await ask()).cert).toBe(readFileSync(path("cert"), "utf8"));
    }
  });
});
