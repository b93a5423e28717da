"""An HTTPS server that authenticates with GSS-API and checks channel bindings, as IIS does with extended protection.
It answers as a token with the user as its identity, so that a client of vedauth can read it.

Usage: epa.py CERTIFICATE-AND-KEY.pem PORT-REQUIRE PORT-ALLOW
The first port refuses what is not bound to the connection, the second takes it. The checking is MIT's and gss-ntlmssp's.
"""
import base64
import hashlib
import json
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import gssapi
from gssapi.raw import ChannelBindings

BOUND = 0x800  # GSS_C_CHANNEL_BOUND_FLAG, which python3-gssapi may not name.
pem = open(sys.argv[1]).read()
der = ssl.PEM_cert_to_DER_cert(pem[: pem.index("-----END CERTIFICATE-----") + len("-----END CERTIFICATE-----\n")])
binding = ChannelBindings(application_data=b"tls-server-end-point:" + hashlib.sha256(der).digest())


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    context = None

    def setup(self):
        self.request.do_handshake()
        super().setup()

    def answer(self, status, body=b"", challenges=()):
        self.send_response(status)
        for challenge in challenges:
            self.send_header("WWW-Authenticate", challenge)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() not in ("negotiate", "ntlm"):
            return self.answer(401, challenges=["Negotiate", "NTLM"])
        try:
            if self.context is None:
                # The default mechanism unpacks SPNEGO, Kerberos and raw NTLM alike.
                self.context = gssapi.SecurityContext(usage="accept", channel_bindings=binding)
            reply = self.context.step(base64.b64decode(token))
            if not self.context.complete:
                return self.answer(401, challenges=[scheme + " " + base64.b64encode(reply).decode()])
            bound = bool(int(self.context.actual_flags) & BOUND)
            user = str(self.context.initiator_name)
            mech = self.context.mech.dotted_form
        except Exception as error:
            self.context = None
            sys.stderr.write("refused: %s\n" % error)
            return self.answer(401, challenges=["Negotiate", "NTLM"])
        self.context = None
        if self.server.require and not bound:
            sys.stderr.write("refused: not bound\n")
            return self.answer(401, challenges=["Negotiate", "NTLM"])
        answer = {"user": user, "mech": mech, "bound": bound, "body": body.decode()}
        answer |= {"access_token": "token-of-the-acceptor", "token_type": "Bearer", "expires_in": 60, "identity": user}
        self.answer(200, json.dumps(answer).encode())

    def log_message(self, *args):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        pass


tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(sys.argv[1])
for port, require in ((sys.argv[2], True), (sys.argv[3], False)):
    server = Server(("127.0.0.1", int(port)), Handler)
    server.require = require
    server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever).start()
