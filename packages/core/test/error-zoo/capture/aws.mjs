import { createHash, createHmac } from "node:crypto";
import { capture, freePort, python, send, start } from "./tools.mjs";

const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const hmac = (key, text) => createHmac("sha256", key).update(text).digest();

/** What the servers here check needs no more than this; the package signs with a real signer. */
function sign({ port, body, service, id, secret, token, when = new Date() }) {
  const date = when.toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = `${date.slice(0, 8)}/us-east-1/${service}/aws4_request`;
  const headers = { host: `127.0.0.1:${port}`, "x-amz-date": date, ...(token && { "x-amz-security-token": token }) };
  const names = Object.keys(headers).join(";");
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const canonical = `POST\n/\n\n${lines.join("")}\n${names}\n${sha256(body)}`;
  const key = scope.split("/").reduce(hmac, `AWS4${secret}`);
  const signature = hmac(key, `AWS4-HMAC-SHA256\n${date}\n${scope}\n${sha256(canonical)}`).toString("hex");
  const authorization = `AWS4-HMAC-SHA256 Credential=${id}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  return { ...headers, "content-type": "application/x-www-form-urlencoded", authorization };
}

export async function aws() {
  const port = await freePort();
  await start([python, "-m", "moto.server", "-p", String(port)], port);
  const call = (service, body, keys) => ({
    port,
    method: "POST",
    path: "/",
    body,
    headers: sign({ port, service, body, ...keys }),
  });
  const none = { id: "AKIAIOSFODNN7EXAMPLE", secret: "none" };
  const iam = (action) => `Action=${action}&UserName=alice&Version=2010-05-08`;
  await send(call("iam", iam("CreateUser"), none));
  const created = await send(call("iam", iam("CreateAccessKey"), none));
  const [, id] = /<AccessKeyId>(\w+)</.exec(created.body);
  const [, secret] = /<SecretAccessKey>([^<]+)</.exec(created.body);
  const ask = (name, request) => capture(`aws-${name}`, "captured: moto server", request);
  await send({ port, method: "POST", path: "/moto-api/reset-auth", body: "0" });
  const who = "Action=GetCallerIdentity&Version=2011-06-15";
  await ask("403-unknown-key", call("sts", who, none));
  await ask("403-wrong-secret", call("sts", who, { id, secret: "wrong" }));
  await ask("403-missing-permission", call("iam", iam("DeleteUser"), { id, secret }));
  const target = "SageMaker.ListMlflowTrackingServers";
  const request = call("sagemaker", "{}", { id, secret });
  Object.assign(request.headers, { "content-type": "application/x-amz-json-1.1", "x-amz-target": target });
  await ask("403-sagemaker", request);
}
