"""TLS by the server itself: what is spoken inside, what is refused, and a certificate that is replaced while it serves."""

import contextlib
import http.client
import json
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time

import pytest
from harness import Server, free_port, token
from raw import TEXT, RawSocket, frame, handshake, read_answer


def make_certificate(folder, name, days=30, kind="ec"):
    """A self-signed pair: folder/name.pem, folder/name.key."""
    key = ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"] if kind == "ec" else ["rsa:2048"]
    subprocess.run(["openssl", "req", "-x509", "-newkey", *key, "-nodes", "-days", str(days), "-subj", f"/CN={name}",
                    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-out", folder / f"{name}.pem", "-keyout", folder / f"{name}.key"],
                   check=True, capture_output=True)


class TlsServer(Server):
    def __init__(self, database_url="", **env):
        super().__init__(database_url, **env)
        for name in ("first", "second"):
            make_certificate(self.dir, name, kind="rsa" if name == "second" else "ec")
        self.env |= {"AIIM_TLS_CERT": str(self.dir / "shown.pem"), "AIIM_TLS_KEY": str(self.dir / "shown.key")}
        self.show("first")
        self.trust = ssl.create_default_context(cadata=(self.dir / "first.pem").read_text() + (self.dir / "second.pem").read_text())

    def show(self, name):
        shutil.copy(self.dir / f"{name}.pem", self.dir / "shown.pem")
        shutil.copy(self.dir / f"{name}.key", self.dir / "shown.key")

    def reload(self, event):
        """SIGHUP, and the log line that says what came of it."""
        lines = self.log().count(event)
        self.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + 20
        while self.log().count(event) == lines and time.monotonic() < end:
            time.sleep(0.01)
        return [line for line in self.log().splitlines() if event in line][lines:]

    def request(self, method, path, body=None, headers=None, timeout=30):
        connection = http.client.HTTPSConnection("localhost", self.port, timeout=timeout, context=self.trust)
        with contextlib.closing(connection):
            connection.request(method, path, json.dumps(body) if body is not None else None,
                               {"Content-Type": "application/json", **(headers or {})})
            answer = connection.getresponse()
            raw = answer.read()
            return answer.status, json.loads(raw) if "json" in (answer.getheader("Content-Type") or "") else raw, dict(answer.getheaders())

    def wrap(self, sock):
        return self.trust.wrap_socket(sock, server_hostname="localhost")

    def shown(self):
        """The name in the certificate that a new connection sees."""
        with self.wrap(socket.create_connection(("127.0.0.1", self.port), 10)) as sock:
            return dict(item for part in sock.getpeercert()["subject"] for item in part)["commonName"]


@pytest.fixture(scope="module")
def tls():
    one = TlsServer()
    one.start()
    # Says nothing; the last test looks at what became of it.
    one.silent = socket.create_connection(("127.0.0.1", one.port), 60)
    yield one
    one.silent.close()
    one.close()


def test_requests_and_the_handshake_carry_hsts_and_plain_http_does_not(tls):
    status, _, headers = tls.request("GET", "/healthz")
    assert status == 200 and headers["Strict-Transport-Security"].startswith("max-age=")
    status, problem, headers = tls.request("GET", "/api/aiim/users/me")
    assert (status, problem["code"]) == (401, "unauthenticated") and "Strict-Transport-Security" in headers
    with RawSocket(tls, "alice", wrap=tls.wrap) as ws:
        assert ws.answer[0] == 101 and "strict-transport-security" in ws.answer[1]


def test_messages_travel_over_rest_and_websocket(tls):
    conversation = tls.direct("alice", "bob")
    with RawSocket(tls, "bob", wrap=tls.wrap) as bob:
        assert bob.json()["type"] == "hello"
        long = "x" * 200_000  # many records in, many out
        for text in ("hi", long, "bye"):
            tls.call("alice", "POST", "/messages", {"conversation_id": conversation, "type": "text", "content": text})
            assert bob.json()["data"]["message"]["content"]["text"] == text
        bob.say("send_message", {"conversation_id": conversation, "content": long}, "1")
        assert {bob.json()["type"], bob.json()["type"]} == {"ack", "message.created"}
    assert [len(m["content"]["text"]) for m in tls.history("alice", conversation)] == [2, 200_000, 3, 200_000]


def test_frames_behind_the_handshake_move_along(tls):
    early = frame(TEXT, json.dumps({"type": "auth", "id": "a", "data": {"token": token("alice")}}))
    early += frame(TEXT, json.dumps({"type": "ping", "id": "b"}))
    whole = handshake() + early
    # In one record; in records of which each ends in the middle of something; and the last of them in two packets.
    for cut in (len(whole), 1000, 7):
        with tls.wrap(socket.create_connection(("127.0.0.1", tls.port), 10)) as sock:
            for at in range(0, len(whole), cut):
                sock.sendall(whole[at:at + cut])
            stream = sock.makefile("rb")
            assert read_answer(stream)[0] == 101
            kinds = []
            while kinds.count("ack") < 2:
                head = stream.read(2)
                size = head[1] if head[1] < 126 else int.from_bytes(stream.read(2), "big")
                kinds.append(json.loads(stream.read(size))["type"])
            assert sorted(kinds) == ["ack", "ack", "hello"]


def test_a_reader_that_stalls_gets_everything_when_it_reads_again(tls):
    conversation = tls.direct("alice", "stalls")
    with RawSocket(tls, "stalls", receive_bytes=4096, wrap=tls.wrap) as slow:
        assert slow.json()["type"] == "hello"
        sent = [f"{number} " + "y" * 20_000 for number in range(20)]
        for text in sent:
            tls.call("alice", "POST", "/messages", {"conversation_id": conversation, "type": "text", "content": text})
        assert [slow.json()["data"]["message"]["content"]["text"] for _ in sent] == sent
        slow.say("ping", name="after")
        assert slow.json()["id"] == "after"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_1_2_and_1_3_are_spoken_with_alpn(tls, version):
    context = ssl.create_default_context(cadata=(tls.dir / "first.pem").read_text())
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["h2", "http/1.1"])
    with context.wrap_socket(socket.create_connection(("127.0.0.1", tls.port), 10), server_hostname="localhost") as sock:
        assert (sock.version(), sock.selected_alpn_protocol()) == (version.name.replace("_", "."), "http/1.1")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_older_versions_and_other_protocols_are_refused(tls):
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    only_h2 = ssl.create_default_context(cadata=(tls.dir / "first.pem").read_text())
    only_h2.set_alpn_protocols(["h2"])
    for context in (old, only_h2):
        with pytest.raises(ssl.SSLError), socket.create_connection(("127.0.0.1", tls.port), 10) as sock:
            context.wrap_socket(sock, server_hostname="localhost")


def test_plain_http_on_the_tls_port_is_told_so(tls):
    with socket.create_connection(("127.0.0.1", tls.port), 10) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: aiim.test\r\n\r\n")
        stream = sock.makefile("rb")
        status, headers, body = read_answer(stream)
        assert (status, headers["content-type"]) == (400, "application/problem+json")
        assert "HTTPS" in json.loads(body)["detail"] and "strict-transport-security" not in headers
        assert headers["x-content-type-options"] == "nosniff" and stream.read() == b""


def test_a_new_certificate_is_taken_up_without_dropping_anybody(tls):
    assert tls.shown() == "first"
    with RawSocket(tls, "carol", wrap=tls.wrap) as old:
        assert old.json()["type"] == "hello"
        tls.show("second")
        assert "second" in tls.reload("certificate subject=")[0]
        assert tls.shown() == "second"
        # A key that does not belong to it, and no certificate at all: the old pair stays in use.
        shutil.copy(tls.dir / "first.key", tls.dir / "shown.key")
        [line] = tls.reload("certificate_not_reloaded")
        assert " error " in line and "does not belong" in line and tls.shown() == "second"
        (tls.dir / "shown.pem").write_text("no certificate\n")
        [line] = tls.reload("certificate_not_reloaded")
        assert "no usable certificate" in line and tls.shown() == "second"
        old.say("ping", name="still here")
        assert old.json()["id"] == "still here"
        tls.show("first")
        tls.reload("certificate subject=")
        assert tls.shown() == "first"


BAD = {
    "another certificate's key": (("first.pem", "second.key"), "does not belong to the certificate"),
    "a key of the same kind that is not its": (("first.pem", "third.key"), "does not belong to the certificate"),
    "no such file": (("missing.pem", "first.key"), "missing.pem cannot be read: No such file"),
    "an empty key": (("first.pem", "empty"), "empty cannot be read: it is empty"),
    "a key as certificate": (("first.key", "first.key"), "holds no usable certificate"),
    "a key under a passphrase": (("first.pem", "locked.key"), "holds no usable key"),
    "no key": (("first.pem", None), "--tls-key is missing"),
}


def test_a_pair_that_cannot_serve_stops_the_start_with_one_line():
    with tempfile.TemporaryDirectory(prefix="aiim-tls-") as name:
        folder = pathlib.Path(name)
        make_certificate(folder, "first")
        make_certificate(folder, "second", kind="rsa")
        make_certificate(folder, "third")
        (folder / "empty").touch()
        subprocess.run(["openssl", "ec", "-in", folder / "first.key", "-aes256", "-passout", "pass:secret", "-out", folder / "locked.key"],
                       check=True, capture_output=True)
        server = Server()
        for (certificate, key), complaint in BAD.values():
            flags = ["--tls-cert", str(folder / certificate), *(["--tls-key", str(folder / key)] if key else [])]
            done = server.cli("serve", "--port", str(free_port()), "--data-dir", str(server.data), *flags)
            assert done.returncode == 3 and done.stderr.count("\n") == 1, done
            assert complaint in done.stderr, done.stderr
        shutil.rmtree(server.dir)


def test_who_does_not_finish_the_handshake_is_let_go(tls):
    tls.silent.settimeout(30)
    assert tls.silent.recv(1) == b""
    assert tls.request("GET", "/metrics")[1].decode().count("aiim_tls_handshakes_failed_total 0") == 0
