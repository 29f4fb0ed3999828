"""What the server says of itself and with every answer: readiness, browsers' headers."""

import json
import signal
import socket
import time

from harness import Postgres, Server, token
from raw import read_answer

ORIGIN = "https://app.example"
SECURITY = {"x-content-type-options": "nosniff", "x-frame-options": "DENY", "x-xss-protection": "1; mode=block", "referrer-policy": "no-referrer"}


def ready(server):
    status, answer, _ = server.request("GET", "/ready")
    return status, answer.get("detail")


def test_ready_follows_the_database_and_health_says_so():
    cluster = Postgres()
    server = Server(cluster.database("aiim_ready"))
    try:
        server.start()
        assert ready(server) == (200, None) and server.request("GET", "/health")[0] == 200
        cluster.run("pg_ctl", "-D", cluster.dir / "data", "-m", "immediate", "-w", "stop")
        status, problem, headers = server.request("GET", "/ready", headers={"Accept-Language": "zh"})
        assert (status, problem["code"], problem["detail"]) == (503, "unavailable", "数据库没有响应")
        assert headers["X-Frame-Options"] == "DENY"
        status, health, _ = server.request("GET", "/health")
        assert (status, health["status"], health["checks"]["database"]["status"]) == (503, "unhealthy", "unhealthy")
        assert server.request("GET", "/healthz")[0] == 200
        cluster.start()
        end = time.monotonic() + 30
        while ready(server)[0] != 200:
            assert time.monotonic() < end
            time.sleep(0.1)
        server.call("ann", "GET", "/users/me")
    finally:
        server.close()
        cluster.close()


def test_a_draining_server_is_not_ready():
    server = Server()
    server.start()
    try:
        with socket.create_connection(("127.0.0.1", server.port), 10) as sock:
            sock.sendall(b"GET /ready HTTP/1.1\r\nHost: aiim.test\r\n")  # begun before, so it is answered
            stream = sock.makefile("rb")
            end = time.monotonic() + 10
            while server.request("GET", "/healthz")[0] != 200:  # the head above has arrived by then
                assert time.monotonic() < end
            server.process.send_signal(signal.SIGTERM)
            while " draining " not in server.log():
                assert time.monotonic() < end
                time.sleep(0.01)
            sock.sendall(b"\r\n")
            status, headers, body = read_answer(stream)
            assert (status, headers["connection"], json.loads(body)["detail"]) == (503, "close", "draining")
            assert stream.read() == b""
        server.process.wait(20)
    finally:
        server.close()


def test_pages_of_allowed_origins_can_read_every_answer_and_others_none():
    server = Server(ALLOWED_ORIGINS=ORIGIN, RATE_LIMIT_PER_SEC="1")
    server.start()
    try:
        bearer = {"Authorization": "Bearer " + token("ann")}
        asked = [("GET", "/healthz", None, {}, 200), ("GET", "/api/aiim/users/me", None, {}, 401), ("GET", "/nowhere", None, {}, 404),
                 ("POST", "/healthz", "", {}, 405), ("POST", "/api/aiim/messages", "{}", {**bearer, "Content-Type": "text/plain"}, 415),
                 ("POST", "/api/aiim/messages", "x" * 300_000, bearer, 413), ("GET", "/api/aiim/users/me", None, bearer, 200),
                 ("GET", "/metrics", None, {}, 200), ("GET", "/", None, {}, 200)]
        for origin in (ORIGIN, "https://evil.example"):
            for method, path, body, more, expected in asked:
                status, _, headers = server.request(method, path, body, {**more, "Origin": origin, "X-Request-Id": "mine-1"})
                got = {name.lower(): value for name, value in headers.items()}
                assert status == expected, (path, status)
                assert SECURITY.items() <= got.items() and "strict-transport-security" not in got
                assert got.get("access-control-allow-origin") == (ORIGIN if origin == ORIGIN else None), path
                assert "Origin" in got["vary"] and got["x-request-id"] == "mine-1", (path, got)
        # Too many requests: a page learns when to come back.
        for _ in range(60):
            status, problem, headers = server.request("PATCH", "/api/aiim/users/me", {"display_name": "Ann"}, {**bearer, "Origin": ORIGIN})
            if status == 429:
                break
        assert status == 429 and headers["Access-Control-Allow-Origin"] == ORIGIN and "Retry-After" in headers["Access-Control-Expose-Headers"]
    finally:
        server.close()
