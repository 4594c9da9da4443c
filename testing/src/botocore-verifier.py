"""A reverse proxy that lets a request through only when botocore computes the signature that the request carries.

It stands where API Gateway stands: what does not verify is answered with AWS's own 403s. What verifies is passed on, or
answered with `{}` when there is nothing behind it. With --moto it also runs moto's STS and knows the sessions made there.
"""

import argparse
import datetime
import hashlib
import http.client
import json
import os
import sys
import tempfile
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

CHUNK = 1024 * 1024
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "host", "te", "upgrade", "proxy-authorization"}
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)


class Refused(Exception):
    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


def utcnow(options):
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=options.clock)


def find_key(options, access_key):
    """Returns (secret, token, expiration) or None."""
    known = options.keys.get(access_key)
    if known:
        return known["secret"], known.get("token"), None
    if options.moto:
        from moto.sts.models import sts_backends

        for account in list(sts_backends.values()):
            for backend in list(account.values()):
                for role in backend.assumed_roles:
                    if role.access_key_id == access_key:
                        expiration = role.expiration
                        if expiration.tzinfo is None:
                            expiration = expiration.replace(tzinfo=datetime.timezone.utc)
                        return role.secret_access_key, role.session_token, expiration
    return None


def verify(options, method, target, headers, body_sha256):
    authorization = headers.get("authorization", "")
    if not authorization.startswith("AWS4-HMAC-SHA256 "):
        raise Refused("MissingAuthenticationTokenException", "Missing Authentication Token")
    fields = dict(part.strip().split("=", 1) for part in authorization.split(" ", 1)[1].split(","))
    access_key, date, region, service, _ = fields["Credential"].split("/")
    if region != options.region:
        raise Refused(
            "InvalidSignatureException", f"Credential should be scoped to a valid region, not '{region}'. "
        )
    if service != options.service:
        raise Refused(
            "InvalidSignatureException", f"Credential should be scoped to correct service: '{options.service}'. "
        )
    key = find_key(options, access_key)
    if key is None:
        raise Refused("UnrecognizedClientException", "The security token included in the request is invalid.")
    secret, token, expiration = key
    if headers.get("x-amz-security-token") != token:
        raise Refused("UnrecognizedClientException", "The security token included in the request is invalid.")
    if expiration is not None and expiration <= utcnow(options):
        raise Refused("ExpiredTokenException", "The security token included in the request is expired")

    timestamp = headers.get("x-amz-date", "")
    signed_at = datetime.datetime.strptime(timestamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
    now, allowed = utcnow(options), datetime.timedelta(minutes=5)
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    if signed_at < now - allowed:
        raise Refused(
            "InvalidSignatureException",
            f"Signature expired: {timestamp} is now earlier than {(now - allowed):%Y%m%dT%H%M%SZ} ({stamp} - 5 min.)",
        )
    if signed_at > now + allowed:
        raise Refused(
            "InvalidSignatureException",
            f"Signature not yet current: {timestamp} is still later than {(now + allowed):%Y%m%dT%H%M%SZ} ({stamp} + 5 min.)",
        )

    signed = fields["SignedHeaders"].split(";")
    unsigned = [name for name in headers if name.startswith("x-amz-") and name not in signed]
    if "host" not in signed or unsigned or any(name not in headers for name in signed):
        raise Refused("InvalidSignatureException", MISMATCH)
    declared = headers.get("x-amz-content-sha256")
    if declared not in (None, body_sha256):
        raise Refused("InvalidSignatureException", MISMATCH)

    request = AWSRequest(method=method, url=f"http://{headers['host']}{target}", data=b"")
    for name in signed:
        request.headers[name] = headers[name]
    if "x-amz-content-sha256" not in request.headers:
        # botocore reads it instead of the body, which is not in memory; it is not among the signed headers below.
        request.headers["x-amz-content-sha256"] = body_sha256
    request.context["timestamp"] = timestamp
    botocore_signer = Botocore(Credentials(access_key, secret, token), service, region, signed)
    canonical = botocore_signer.canonical_request(request)
    expected = botocore_signer.signature(botocore_signer.string_to_sign(request, canonical), request)
    if expected != fields["Signature"] or date != timestamp[:8]:
        if options.verbose:
            print(f"{method} {target}\n{canonical}\n", file=sys.stderr, flush=True)
        raise Refused("InvalidSignatureException", MISMATCH)


class Botocore(SigV4Auth):
    """botocore's signer, made to sign the headers that the client signed, which is what a server does."""

    def __init__(self, credentials, service, region, signed):
        super().__init__(credentials, service, region)
        self.signed = set(signed)

    def headers_to_sign(self, request):
        headers = super().headers_to_sign(request)
        for name in list(headers.keys()):
            if name not in self.signed:
                del headers[name]
        for name in self.signed - set(headers.keys()):
            headers[name] = request.headers[name]
        return headers


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "botocore-verifier"

    def log_message(self, *_):
        pass

    def date_time_string(self, timestamp=None):
        return super().date_time_string(time.time() + self.server.options.clock)

    def handle_any(self):
        options = self.server.options
        # self.path has lost a leading double slash.
        target = self.requestline.split(" ")[1]
        headers = {}
        for name, value in self.headers.items():
            name = name.lower()
            headers[name] = f"{headers[name]},{value}" if name in headers else value
        with tempfile.TemporaryFile() as body:
            digest, length = self.receive(body)
            try:
                verify(options, self.command, target, headers, digest)
            except Refused as refused:
                return self.answer_json(403, {"message": str(refused)}, {"x-amzn-errortype": refused.kind})
            except (KeyError, ValueError) as error:
                return self.answer_json(400, {"message": f"malformed: {error!r}"}, {})
            if options.upstream is None:
                return self.answer_json(200, {}, {"x-received-host": headers["host"]})
            body.seek(0)
            self.forward(options, target, body, length)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = handle_any

    def receive(self, body):
        digest, length = hashlib.sha256(), 0
        for chunk in self.chunks():
            digest.update(chunk)
            length += len(chunk)
            body.write(chunk)
        return digest.hexdigest(), length

    def chunks(self):
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            while size := int(self.rfile.readline().split(b";")[0], 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return
        left = int(self.headers.get("content-length", 0))
        while left > 0:
            chunk = self.rfile.read(min(left, CHUNK))
            if not chunk:
                return
            left -= len(chunk)
            yield chunk

    def forward(self, options, target, body, length):
        upstream = urlsplit(options.upstream)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        for name in list(headers):
            if name.lower() in ("authorization", "content-length", "expect"):
                del headers[name]
        if options.upstream_authorization:
            headers["authorization"] = options.upstream_authorization
        if length or self.command in ("POST", "PUT", "PATCH"):
            headers["content-length"] = str(length)
        connection = http.client.HTTPConnection(upstream.hostname, upstream.port, timeout=120)
        try:
            connection.request(self.command, target, body if length else None, headers)
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        self.send_response_only(response.status)
        self.send_header("date", self.date_time_string())
        for name, value in response.getheaders():
            if name.lower() not in HOP_BY_HOP | {"content-length", "date"}:
                self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def answer_json(self, status, value, headers):
        content = json.dumps(value).encode()
        self.send_response(status)
        for name, header in {**headers, "content-type": "application/json", "content-length": str(len(content))}.items():
            self.send_header(name, header)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--region", required=True)
    parser.add_argument("--service", default="execute-api")
    parser.add_argument("--upstream")
    parser.add_argument("--moto", type=int, help="a port for moto's STS")
    parser.add_argument("--clock", type=float, default=0, help="seconds by which its clock is ahead")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    options.keys = json.loads(os.environ["VERIFIER_KEYS"])
    options.upstream_authorization = os.environ.get("VERIFIER_UPSTREAM_AUTHORIZATION")
    if options.moto:
        from moto.server import ThreadedMotoServer

        ThreadedMotoServer(ip_address="127.0.0.1", port=options.moto, verbose=False).start()
    server = ThreadingHTTPServer(("127.0.0.1", options.port), Handler)
    server.options = options
    server.daemon_threads = True
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
