import { createHash } from "node:crypto";
import { appendFileSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fileBody, isReplayable } from "../src/body.ts";

function file(content: string): string {
  const path = join(mkdtempSync(join(tmpdir(), "body-")), "file");
  writeFileSync(path, content);
  return path;
}

async function read(source: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test("a file can be opened again, and hashed", async () => {
  const content = "line\n".repeat(200_000);
  const body = await fileBody(file(content));
  expect(body.length).toBe(content.length);
  expect(await read(body.open())).toBe(content);
  expect(await read(body.open())).toBe(content);
  expect(await body.sha256()).toBe(createHash("sha256").update(content).digest("hex"));
  expect(body.sha256()).toBe(body.sha256());
  expect(isReplayable(body)).toBe(true);
});

test("a file that changed since is an error, not another body", async () => {
  const path = file("before");
  const body = await fileBody(path);
  appendFileSync(path, " and after");
  await expect(read(body.open())).rejects.toMatchObject({ code: "ERR_BODY" });
  await expect(body.sha256()).rejects.toMatchObject({ code: "ERR_BODY" });
});

test("an empty file is an empty body", async () => {
  const body = await fileBody(file(""));
  expect([body.length, await read(body.open())]).toEqual([0, ""]);
});

test.each([tmpdir(), "/no/such/file"])("%s is no file to send", async (path) => {
  await expect(fileBody(path)).rejects.toMatchObject({ code: "ERR_BODY" });
});
