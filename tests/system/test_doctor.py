"""`aiim doctor`: what is well, what is not, and what to do about it."""

import json
import socket
import subprocess
import threading
import time

import pytest
from harness import Server, free_port
from test_tls import make_certificate


def examined(server, *flags, env=None, code=None):
    """{about: [(level, text, advice)]}"""
    done = server.cli("doctor", "--data-dir", str(server.data), "--json", *flags, env=env)
    assert code is None or done.returncode == code, done
    found = {}
    for each in json.loads(done.stdout):
        found.setdefault(each["about"], []).append((each["level"], each["text"], each["advice"]))
        assert each["level"] == "ok" or each["advice"]
    assert (done.returncode == 1) == any(level == "problem" for each in found.values() for level, _, _ in each)
    return found


def of(found, about, level):
    return [text for each_level, text, _ in found.get(about, []) if each_level == level]


def test_a_server_that_is_well(server):
    found = examined(server, "--url", f"http://127.0.0.1:{server.port}", code=0)
    assert of(found, "websocket", "ok") and "frames go both ways" in found["websocket"][0][1]
    assert "tables are those of this version" in of(found, "database", "ok")[0]
    assert {"settings", "database", "disk", "clock", "limits", "tls"} <= found.keys()
    assert any("is on disk after" in text for _, text, _ in found["disk"])
    plain = server.cli("doctor", "--data-dir", str(server.data))
    assert plain.returncode == 0 and "PROBLEM" not in plain.stdout and "ok " in plain.stdout
    # The same through ws:// and with the whole path.
    assert of(examined(server, "--url", server.ws_url), "websocket", "ok")


@pytest.fixture
def idle():
    """A server's command line; the server itself never runs."""
    one = Server()
    one.data.mkdir()
    yield one
    subprocess.run(["rm", "-rf", one.dir], check=True)


def test_settings_and_database_that_would_not_do(idle):
    found = examined(idle, env={"JWT_SECRET": "short"}, code=1)
    assert "JWT_SECRET is too short" in of(found, "settings", "problem")[0]
    found = examined(idle, env={"DATABASE_URL": f"postgresql://nobody@127.0.0.1:{free_port()}/none"}, code=1)
    assert "onnection refused" in of(found, "database", "problem")[0]
    found = examined(idle, env={"AIIM_NONSENSE": "1"}, code=1)
    assert "AIIM_NONSENSE is no setting" in of(found, "settings", "problem")[0]
    (idle.data / "aiim.db").write_bytes(b"this is no database at all" * 100)
    assert of(examined(idle, code=1), "database", "problem")
    found = examined(idle, env={"REDIS_URL": "redis://127.0.0.1", "MAX_CONNECTIONS": "10000000"})
    assert of(found, "limits", "warning")


def test_certificates(idle):
    for name, days in (("good", 90), ("soon", 5)):
        make_certificate(idle.dir, name, days)
    make_certificate(idle.dir, "other", 90)

    def about(certificate, key, code=None):
        return examined(idle, env={"AIIM_TLS_CERT": str(idle.dir / f"{certificate}.pem"), "AIIM_TLS_KEY": str(idle.dir / f"{key}.key")}, code=code)["tls"][0]
    level, text, _ = about("good", "good")
    assert level == "ok" and "localhost, 127.0.0.1 is good for 89 days" in text
    assert about("soon", "soon")[0] == "warning"
    assert about("good", "other", code=1)[0] == "problem"
    # One of the past: made with a clock of the past.
    subprocess.run(["openssl", "x509", "-req", "-in", "/dev/stdin", "-signkey", idle.dir / "good.key", "-days", "-1", "-out", idle.dir / "past.pem"],
                   input=subprocess.run(["openssl", "req", "-new", "-key", idle.dir / "good.key", "-subj", "/CN=past"], capture_output=True, check=True).stdout,
                   check=True, capture_output=True)
    level, text, advice = about("past", "good", code=1)
    assert level == "problem" and "expired" in text and "SIGHUP" in advice


ANSWERS = {
    "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n": "the proxy does not reach AIIM",
    "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n": "something that is not AIIM",
    "HTTP/1.1 301 Moved\r\nLocation: https://elsewhere.example/\r\nContent-Length: 0\r\n\r\n": "301 to https://elsewhere.example/",
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n": "as if this were a page",
    "HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\nContent-Length: 0\r\n\r\n": "without its upgrade",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: nonsense\r\n\r\n": "something that is not AIIM accepted",
    "SSH-2.0-OpenSSH_9.2\r\n\r\n": "answered with 0",
    "": "no answer to the handshake",
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_what_stands_between_is_recognized(idle, answer):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def serve():
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(answer.encode())
                connection.shutdown(socket.SHUT_WR)
                time.sleep(0.2)
        thread = threading.Thread(target=serve)
        thread.start()
        found = examined(idle, "--url", f"http://127.0.0.1:{listener.getsockname()[1]}/api/aiim/ws", code=1)
        thread.join()
    assert ANSWERS[answer] in of(found, "websocket", "problem")[0]


def test_urls_that_lead_nowhere(idle):
    assert "nothing listens" in of(examined(idle, "--url", f"http://127.0.0.1:{free_port()}", code=1), "websocket", "problem")[0]
    for wrong in ("ftp://127.0.0.1", "127.0.0.1:80", "https://"):
        assert "is no http" in of(examined(idle, "--url", wrong, code=1), "websocket", "problem")[0]


def test_tls_is_judged_as_clients_judge_it():
    server = Server()
    make_certificate(server.dir, "mine")
    make_certificate(server.dir, "other")
    server.env |= {"AIIM_TLS_CERT": str(server.dir / "mine.pem"), "AIIM_TLS_KEY": str(server.dir / "mine.key")}
    server.wait_ready = lambda *_: None
    server.start()
    try:
        end = time.monotonic() + 20
        while " serving " not in server.log() and time.monotonic() < end:
            time.sleep(0.02)
        url = f"https://127.0.0.1:{server.port}"
        assert of(examined(server, "--url", url, env={"SSL_CERT_FILE": str(server.dir / "mine.pem")}, code=0), "websocket", "ok")
        untrusted = examined(server, "--url", url, env={"SSL_CERT_FILE": str(server.dir / "other.pem")}, code=1)
        assert "do not trust the certificate" in of(untrusted, "websocket", "problem")[0]
        plain = examined(server, "--url", f"http://127.0.0.1:{server.port}", code=1)
        assert of(plain, "websocket", "problem")
    finally:
        server.close()
