"""Tokens of another issuer: real keys, a real server that publishes them, the real binary that fetches and judges."""

import asyncio
import hashlib
import hmac
import json
import subprocess
import time

import pytest
import websockets

from harness import BINARY, Server, b64url, free_port, token
from issuer import Issuer, Key

ALGORITHMS = ["RS256", "ES256", "EdDSA"]


def ask(server, bearer):
    status, answer, headers = server.request("GET", "/api/aiim/users/me", headers={"Authorization": "Bearer " + bearer})
    return status, answer, headers


@pytest.fixture(scope="module")
def keys():
    return {algorithm: Key(algorithm, f"{algorithm}-1") for algorithm in ALGORITHMS}


@pytest.fixture(scope="module")
def place(keys):
    """A server that follows an issuer's OpenID configuration."""
    issuer = Issuer(keys.values())
    server = Server(AIIM_OIDC_ISSUER=issuer.url, AIIM_JWT_AUDIENCE="aiim")
    server.issuer = issuer
    server.start()
    yield server
    server.close()
    issuer.close()


def claims(place, **changes):
    return {"iss": place.issuer.url, "aud": "aiim", "sub": "somebody", **changes}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_tokens_of_each_algorithm_let_their_owners_in(place, keys, algorithm):
    user = f"auth0|{algorithm}"
    bearer = keys[algorithm].token(**claims(place, sub=user, name="Ann", tenant_id="acme", aud=["other", "aiim"], sid="session of the issuer's".replace(" ", "-").replace("'", "")))
    status, me, _ = ask(place, bearer)
    assert (status, me["user_id"], me["tenant_id"], me["display_name"]) == (200, user, "acme", "Ann"), me

    async def over_socket():
        async with websockets.connect(place.ws_url, subprotocols=["bearer", bearer]) as socket:
            hello = json.loads(await socket.recv())
            assert hello["type"] == "hello" and hello["data"]["user_id"] == user
            await socket.send(json.dumps({"type": "auth", "id": "1", "data": {"token": keys[algorithm].token(**claims(place, sub=user, tenant_id="acme"))}}))
            assert json.loads(await socket.recv())["type"] == "ack"

    asyncio.run(over_socket())


def hs256(secret, header, body):
    text = b64url(json.dumps(header).encode()) + "." + b64url(json.dumps(body).encode())
    return text + "." + b64url(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())


def test_what_the_issuer_did_not_sign_for_us_is_refused(place, keys):
    now = int(time.time())
    body = {**claims(place), "exp": now + 600}
    good = keys["RS256"].token(**claims(place))
    head, payload, signature = good.split(".")
    forged = {
        "another issuer": keys["RS256"].token(**claims(place, iss="https://other.example")),
        "the issuer with a slash": keys["RS256"].token(**claims(place, iss=place.issuer.url + "/")),
        "no issuer": keys["RS256"].token(**claims(place, iss=None)),
        "another audience": keys["RS256"].token(**claims(place, aud="other")),
        "no audience": keys["RS256"].token(**claims(place, aud=None)),
        "expired": keys["RS256"].token(**claims(place, exp=now - 1)),
        "no expiry": keys["RS256"].token(**claims(place, exp=None)),
        "not yet": keys["RS256"].token(**claims(place, nbf=now + 60)),
        "no subject": keys["RS256"].token(**claims(place, sub=None)),
        "a changed payload": ".".join([head, b64url(json.dumps({**body, "sub": "admin"}).encode()), signature]),
        "no signature": ".".join([head, payload, ""]),
        "none": ".".join([b64url(b'{"alg":"none"}'), payload, ""]),
        "another key under this id": Key("RS256", "RS256-1").token(**claims(place)),
        "an id of another kind of key": keys["RS256"].token({"kid": "ES256-1"}, **claims(place)),
        "another algorithm's name": keys["ES256"].token({"alg": "RS256"}, **claims(place)),
        "RS512": keys["RS256"].token({"alg": "RS512"}, **claims(place)),
        # The public key as a shared secret: the classic confusion.
        "HS256 with the public key": hs256(keys["RS256"].pem(), {"alg": "HS256", "kid": "RS256-1"}, body),
        "HS256 with the JWK": hs256(json.dumps(keys["RS256"].jwk()), {"alg": "HS256", "kid": "RS256-1"}, body),
        "a key of one's own in the header": Key("RS256", "x").token({"jwk": Key("RS256", "x").jwk(), "jku": place.issuer.url}, **claims(place)),
    }
    assert ask(place, good)[0] == 200
    for name, bearer in forged.items():
        status, answer, headers = ask(place, bearer)
        assert status == 401 and answer["code"] == "unauthenticated" and "WWW-Authenticate" in headers, (name, status, answer)
    assert ask(place, token("local", aud="aiim"))[0] == 200, "tokens of this server's own secret still count"


def test_keys_rotate_and_strangers_cannot_make_the_server_fetch_again_and_again():
    old, new, newer = Key("ES256", "old"), Key("EdDSA", "new"), Key("EdDSA", "newer")
    issuer = Issuer([old])
    server = Server(AIIM_JWKS_URL=issuer.url + "/keys")
    server.start()
    try:
        assert ask(server, old.token(sub="a"))[0] == 200
        assert issuer.fetches == 1 and issuer.configurations == 0
        issuer.keys = [new]
        assert ask(server, old.token(sub="a"))[0] == 200  # as long as the set is fresh
        assert ask(server, new.token(sub="a"))[0] == 200  # an unknown key: looked for at once
        assert issuer.fetches == 2
        assert ask(server, old.token(sub="a"))[0] == 401  # and the old one is gone with that
        issuer.keys = [new, newer]
        for n in range(20):
            assert ask(server, Key("EdDSA", f"unknown{n}").token(sub="a"))[0] == 401
        assert ask(server, newer.token(sub="a"))[0] == 401  # once a minute
        assert issuer.fetches == 2
        issuer.close()
        assert ask(server, new.token(sub="a"))[0] == 200  # nobody needs the issuer for a known key
    finally:
        server.close()


def test_a_late_issuer_is_waited_for_with_503():
    key, port = Key("ES256", "k"), free_port()
    server = Server(AIIM_OIDC_ISSUER=f"http://127.0.0.1:{port}")
    server.start()
    try:
        bearer = key.token(sub="a", iss=f"http://127.0.0.1:{port}")
        status, answer, headers = ask(server, bearer)
        assert status == 503 and answer["code"] == "unavailable" and int(headers["Retry-After"]) >= 1
        issuer = Issuer([key], port)
        end = time.monotonic() + 60
        while ask(server, bearer)[0] != 200:
            assert time.monotonic() < end
            time.sleep(0.2)
        issuer.close()
        assert "keys_not_fetched" in server.log() and bearer not in server.log()
    finally:
        server.close()


def test_JWT_ALGORITHM_names_what_counts():
    keys = {algorithm: Key(algorithm, algorithm) for algorithm in ALGORITHMS}
    issuer = Issuer(keys.values())
    server = Server(AIIM_JWKS_URL=issuer.url + "/keys", JWT_ALGORITHM="RS256")
    server.start()
    try:
        assert [ask(server, keys[a].token(sub="a"))[0] for a in ALGORITHMS] == [200, 401, 401]
        assert ask(server, token("a"))[0] == 401
        status, answer, _ = server.request("POST", "/api/aiim/auth/login", {"username": "a", "password": "password-1"})
        assert status == 403 and "JWT_ALGORITHM" in answer["detail"]
    finally:
        server.close()
        issuer.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    where = tmp_path_factory.mktemp("certificate")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=issuer",
               "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(command, check=True, cwd=where, capture_output=True)
    return where / "cert.pem", where / "key.pem"


def test_certificates_are_verified(certificate):
    key = Key("EdDSA", "k")
    issuer = Issuer([key], certificate=certificate)
    for trusted, status in ((True, 200), (False, 503)):
        env = {"AIIM_OUTBOUND_CA_FILE": str(certificate[0])} if trusted else {}
        server = Server(AIIM_OIDC_ISSUER=issuer.url, **env)
        server.start()
        try:
            assert ask(server, key.token(sub="a", iss=issuer.url))[0] == status
        finally:
            server.close()
    issuer.close()


@pytest.mark.parametrize("settings, named", [
    ({"AIIM_JWKS_URL": "http://issuer.example/keys"}, "AIIM_JWKS_URL must be https"),
    ({"AIIM_OIDC_ISSUER": "issuer.example"}, "AIIM_OIDC_ISSUER"),
    ({"JWT_ALGORITHM": "RS256"}, "AIIM_JWKS_URL"),
    ({"JWT_ALGORITHM": "none"}, "JWT_ALGORITHM must be"),
    ({"JWT_ALGORITHM": "HS256", "AIIM_JWKS_URL": "https://issuer.example/keys"}, "JWT_ALGORITHM HS256"),
    ({"AIIM_JWKS_URL": "https://issuer.example/keys", "AIIM_OUTBOUND_CA_FILE": "/nowhere"}, "AIIM_OUTBOUND_CA_FILE"),
])
def test_settings_that_cannot_be_meant_stop_the_start(tmp_path, settings, named):
    env = {"JWT_SECRET": "0123456789" * 4, **settings}
    done = subprocess.run([BINARY, "serve", "--port", str(free_port()), "--data-dir", tmp_path], env=env, capture_output=True, text=True, timeout=30)
    assert done.returncode == 3 and named in done.stderr and done.stderr.count("\n") == 1, done
