"""A service behind a Keygate gateway, with nothing but Python's own server. ISSUER and AUDIENCE are environment variables."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from keygate_origin import AssertionRefused, Verifier

verifier = Verifier(issuer=os.environ["ISSUER"], audience=os.environ["AUDIENCE"])


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        assertion = ",".join(self.headers.get_all("Keygate-Assertion", []))
        try:
            claims = verifier.verify(self.command, self.path, assertion)
        except AssertionRefused as refused:
            return self.answer(503 if refused.code == "keys_unavailable" else 401, {"code": refused.code})
        if "signatures:read" not in claims["scope"].split():
            return self.answer(403, {"code": "scope_missing"})
        self.answer(200, {"key": claims["sub"], "organization": claims["org"], "role": claims.get("role")})

    def answer(self, status, body):
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if status == 401:
            self.send_header("WWW-Authenticate", "Keygate-Assertion")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "0"))), Handler)
print(f"Listening on {server.server_address[1]}", flush=True)
server.serve_forever()
