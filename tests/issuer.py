"""An issuer of tokens: a real HTTP(S) server that publishes keys, and tokens signed with RSA, EC and Ed25519 keys."""

import http.server
import json
import ssl
import threading
import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from harness import b64url


def number(value, size=None):
    return b64url(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


class Key:
    """A private key of one algorithm and its public half as a JWK."""

    def __init__(self, algorithm, kid):
        self.algorithm, self.kid = algorithm, kid
        if algorithm == "RS256":
            self.private = rsa.generate_private_key(65537, 2048)
        elif algorithm == "ES256":
            self.private = ec.generate_private_key(ec.SECP256R1())
        else:
            self.private = ed25519.Ed25519PrivateKey.generate()

    def jwk(self):
        public = self.private.public_key()
        common = {"kid": self.kid, "use": "sig", "alg": self.algorithm}
        if self.algorithm == "RS256":
            n = public.public_numbers()
            return {"kty": "RSA", "n": number(n.n), "e": number(n.e), **common}
        if self.algorithm == "ES256":
            n = public.public_numbers()
            return {"kty": "EC", "crv": "P-256", "x": number(n.x, 32), "y": number(n.y, 32), **common}
        return {"kty": "OKP", "crv": "Ed25519", "x": b64url(public.public_bytes(Encoding.Raw, PublicFormat.Raw)), **common}

    def pem(self):
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def sign(self, data):
        if self.algorithm == "RS256":
            return self.private.sign(data, padding.PKCS1v15(), hashes.SHA256())
        if self.algorithm == "ES256":
            r, s = utils.decode_dss_signature(self.private.sign(data, ec.ECDSA(hashes.SHA256())))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")
        return self.private.sign(data)

    def token(self, header=None, **claims):
        head = {"alg": self.algorithm, "kid": self.kid, "typ": "JWT", **(header or {})}
        claims = {"exp": int(time.time()) + 600, **claims}
        body = ".".join(b64url(json.dumps({k: v for k, v in part.items() if v is not None}).encode()) for part in (head, claims))
        return body + "." + b64url(self.sign(body.encode()))


class Issuer:
    """Answers on a port of 127.0.0.1; what it publishes may be changed while it runs."""

    def __init__(self, keys=(), port=0, certificate=None):
        self.keys, self.fetches, self.configurations = list(keys), 0, 0
        self.broken = False
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                if self.path == "/.well-known/openid-configuration":
                    issuer.configurations += 1
                    answer = {"issuer": issuer.url, "jwks_uri": issuer.url + "/keys", "authorization_endpoint": issuer.url + "/authorize"}
                else:
                    issuer.fetches += 1
                    answer = {"keys": [key.jwk() for key in issuer.keys]}
                body = json.dumps(answer).encode()
                self.send_response(500 if issuer.broken else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Cache-Control", "max-age=3600")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            scheme = "https"
        self.url = f"{scheme}://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
