import { readFileSync } from "node:fs";
import { createServer } from "node:https";

/** Two https servers in a process of their own: one wants a certificate, the other does not ask. */
const [folder] = process.argv.slice(2);
const read = (name) => readFileSync(`${folder}/${name}`);
const identity = { cert: read("server.crt"), key: read("server.key") };

const start = (options) =>
  new Promise((resolve) => {
    const server = createServer({ ...identity, ...options }, (request, response) => {
      request.resume();
      const body = JSON.stringify({ reused: request.socket.isSessionReused() });
      const last = request.url.includes("close") ? { connection: "close" } : {};
      response.writeHead(200, { "content-type": "application/json", "content-length": body.length, ...last });
      response.end(body);
    });
    server.keepAliveTimeout = 60_000;
    server.listen(0, "127.0.0.1", () => resolve(`https://127.0.0.1:${server.address().port}`));
  });

const [mutual, plain] = await Promise.all([start({ ca: read("client.crt"), requestCert: true }), start({})]);
process.send({ mutual, plain });
process.on("disconnect", () => process.exit());
