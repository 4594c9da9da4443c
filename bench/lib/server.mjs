import { createServer } from "node:http";

/** The other side, in a process of its own, so that its work is not counted as the client's. */
const body = JSON.stringify({
  experiment: {
    experiment_id: "0",
    name: "Default",
    artifact_location: "mlflow-artifacts:/0",
    lifecycle_stage: "active",
    last_update_time: 1763700000000,
    creation_time: 1763700000000,
  },
});
const server = createServer((request, response) => {
  request.resume();
  if (!request.headers.authorization) {
    response.writeHead(401).end();
    return;
  }
  if (request.url.includes("fail")) {
    response.writeHead(404, { "content-type": "application/json" });
    response.end('{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"none"}');
    return;
  }
  response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
  response.end(body);
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
process.on("disconnect", () => process.exit());
