import { capture, freePort, python as interpreter, json, start, write } from "./tools.mjs";

const fastapi = `
from fastapi import FastAPI, HTTPException, Security
from fastapi.security import APIKeyHeader, HTTPBasic, HTTPBearer, OAuth2PasswordBearer
app = FastAPI()
@app.get("/health")
def health(): return {}
@app.get("/bearer")
def bearer(token = Security(HTTPBearer())): return {}
@app.get("/oauth2")
def oauth2(token = Security(OAuth2PasswordBearer(tokenUrl="token"))): return {}
@app.get("/oidc")
def oidc(): raise HTTPException(401, "Authentication required")
@app.get("/forbidden")
def forbidden(): raise HTTPException(403, "Not enough permissions")
@app.get("/number/{n}")
def number(n: int): return {}
@app.get("/crash")
def crash(): raise RuntimeError("crash")
`;
const flask = `
from flask import Flask, abort
app = Flask(__name__)
@app.get("/health")
def health(): return "OK"
@app.get("/crash")
def crash(): raise RuntimeError("crash")
@app.get("/unauthorized")
def unauthorized(): abort(401)
@app.get("/forbidden")
def forbidden(): abort(403)
@app.get("/null")
def null(): return "null", 500, {"content-type": "application/json"}
`;

export async function python() {
  write("fastapi_app.py", fastapi);
  write("flask_app.py", flask);
  let port = await freePort();
  await start([interpreter, "-m", "uvicorn", "fastapi_app:app", "--port", String(port)], port);
  const ask = (name, path, more) => capture(`fastapi-${name}`, "captured: FastAPI on uvicorn", { port, path, ...more });
  await ask("401-bearer", "/bearer");
  await ask("401-oauth2", "/oauth2");
  await ask("401-oidc", "/oidc");
  await ask("403-forbidden", "/forbidden");
  await ask("404-not-found", "/api/2.0/mlflow/experiments/search");
  await ask("405-method", "/bearer", { method: "POST", headers: json, body: "{}" });
  await ask("422-validation", "/number/x");
  await ask("500-crash", "/crash");
  port = await freePort();
  await start([interpreter, "-m", "gunicorn", "--bind", `127.0.0.1:${port}`, "flask_app:app"], port);
  const flaskAsk = (name, path) => capture(`flask-${name}`, "captured: Flask on gunicorn", { port, path });
  await flaskAsk("401-abort", "/unauthorized");
  await flaskAsk("403-abort", "/forbidden");
  await flaskAsk("500-crash", "/crash");
  await flaskAsk("500-null", "/null");
}
