"""The HTTP edge: documents, headers, limits, what is refused and how it says so."""

import asyncio
import json
import re
import socket
import time

import pytest
import websockets

from device import Device
from harness import SECRET, Server, token

SECURITY_HEADERS = {"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "X-XSS-Protection": "1; mode=block"}


def auth(user="hugo"):
    return {"Authorization": "Bearer " + token(user)}


def raw(server, text):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as s:
        s.sendall(text.encode() if isinstance(text, str) else text)
        s.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := s.recv(65536):
            answer += chunk
    return answer.decode(errors="replace")


@pytest.mark.parametrize("path,status", [("/health", 200), ("/healthz", 200), ("/ready", 200), ("/metrics", 200), ("/", 200),
                                         ("/nothing", 404), ("/api/aiim/users/me", 401), ("/api/aiim/nothing", 401)])
def test_every_answer_has_the_security_headers(shared_server, path, status):
    got, _, headers = shared_server.request("GET", path)
    assert got == status
    for name, value in SECURITY_HEADERS.items():
        assert headers.get(name) == value, (path, name, headers)
    assert "Referrer-Policy" in headers and headers.get("X-Request-Id")


def test_the_health_document_is_the_seeds(shared_server):
    status, health, _ = shared_server.request("GET", "/health")
    assert status == 200 and health["status"] == "healthy" and health["version"] == "2.0.0"
    assert isinstance(health["timestamp"], float) and abs(health["timestamp"] - time.time()) < 60
    assert health["checks"]["database"]["status"] == "healthy" and health["checks"]["database"]["response_time"] >= 0
    assert {"cpu_usage", "memory_usage", "status"} <= set(health["checks"]["system"])


def test_metrics_are_there_from_the_start_at_zero():
    server = Server()
    server.start()
    try:
        text = server.request("GET", "/metrics")[1].decode()
        for name in ("aiim_http_requests_total", "aiim_websocket_connections_active", "aiim_messages_total", "aiim_calls_total",
                     "aiim_system_cpu_usage_percent", "aiim_system_memory_usage_percent", "aiim_db_query_duration_seconds"):
            assert re.search(rf"^{name}", text, re.M), name
        assert re.search(r"^aiim_messages_total\S* 0$", text, re.M)
        assert re.search(r"^aiim_calls_total\S* 0$", text, re.M)
        conversation = server.direct("m1", "m2")
        server.call("m1", "POST", "/messages", {"conversation_id": conversation, "content": "x"})
        text = server.request("GET", "/metrics")[1].decode()
        assert re.search(r"^aiim_messages_total\S* 1$", text, re.M)
    finally:
        server.close()


def test_problems_are_rfc_9457_in_two_languages(shared_server):
    status, problem, headers = shared_server.request("POST", "/api/aiim/messages", {"content": "x"}, {**auth(), "X-Request-Id": "mine-1"})
    assert status == 400 and headers["Content-Type"].startswith("application/problem+json")
    assert {"type", "title", "status", "detail", "code", "request_id"} <= set(problem)
    assert problem["request_id"] == headers["X-Request-Id"] == "mine-1"
    assert problem["errors"] == [{"field": "conversation_id", "message": "is required"}]
    chinese = shared_server.request("GET", "/api/aiim/nothing", headers={**auth(), "Accept-Language": "zh-CN,en;q=0.5"})[1]
    assert chinese["code"] == "not_found" and re.search("[\u4e00-\u9fff]", chinese["title"])


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b'{"type":"direct","member_ids":["a"],"type":"group"}', b'{"a":"\\u0000"}' * 2,
                                  b'{"type":"direct","member_ids":["a\\u0000b"]}', b'{"type":"direct","member_ids":"a"}', b"\xff\xfe",
                                  b'{"type":"direct","member_ids":["a\\ud800"]}', b'{"type":"chat","member_ids":["a"]}',
                                  b'{"type":"direct","member_ids":["bad name"]}', b"[" * 5000, b'{"type":"direct","member_ids":["hugo"]}'])
def test_bad_bodies_get_a_clear_error(shared_server, body):
    status, problem, _ = shared_server.request("POST", "/api/aiim/conversations", body, {**auth(), "Content-Type": "application/json"})
    assert status == 400 and problem["code"] == "invalid_request" and problem["detail"], (body, problem)


def test_limits_of_size_type_and_method(shared_server):
    server = shared_server
    status, problem, _ = server.request("POST", "/api/aiim/messages", b'{"a":"' + b"x" * (300 * 1024) + b'"}', auth())
    assert status == 413 and problem["code"] == "too_large"
    status, problem, _ = server.request("POST", "/api/aiim/messages", "a=b", {**auth(), "Content-Type": "application/x-www-form-urlencoded"})
    assert status == 415 and problem["code"] == "unsupported_media"
    status, problem, headers = server.request("PUT", "/api/aiim/messages", "{}", auth())
    assert status == 405 and problem["code"] == "method_not_allowed" and "POST" in headers["Allow"]
    for query in ("limit=0", "limit=201", "limit=x", "before_seq=1&after_seq=1"):
        conversation = server.direct("hugo", "ida")
        assert server.request("GET", f"/api/aiim/messages/{conversation}?{query}", headers=auth())[0] == 400, query
    assert server.request("GET", "/api/aiim/messages/%zz", headers=auth())[0] == 400


@pytest.mark.parametrize("head", [
    "GET /healthz HTTP/1.1\r\n\r\n",
    "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "POST /api/aiim/messages HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST /api/aiim/messages HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "POST /api/aiim/messages HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "GET /healthz HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\n\r\n",
    "GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
])
def test_requests_that_smuggle_are_refused(shared_server, head):
    answer = raw(shared_server, head)
    assert answer.startswith("HTTP/1.1 400 "), (head, answer[:200])


def test_browsers_of_other_origins_are_kept_out(shared_server):
    server = shared_server

    async def handshake(origin):
        return await websockets.connect(server.ws_url, origin=origin, subprotocols=["bearer", token("olga")])

    async def whole():
        with pytest.raises(websockets.InvalidStatusCode) as refused:
            await handshake("https://evil.example")
        assert refused.value.status_code == 403
        own = await handshake(f"http://127.0.0.1:{server.port}")
        assert json.loads(await own.recv())["type"] == "hello"
        await own.close()

    asyncio.run(whole())
    headers = server.request("OPTIONS", "/api/aiim/messages", headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"})[2]
    assert "Access-Control-Allow-Origin" not in headers


def test_allowed_origins_get_cors():
    server = Server(ALLOWED_ORIGINS="https://chat.example")
    server.start()
    try:
        status, _, headers = server.request("OPTIONS", "/api/aiim/messages", headers={"Origin": "https://chat.example", "Access-Control-Request-Method": "POST"})
        assert status in (200, 204) and headers["Access-Control-Allow-Origin"] == "https://chat.example"
        headers = server.request("GET", "/api/aiim/users/me", headers={**auth(), "Origin": "https://chat.example"})[2]
        assert headers["Access-Control-Allow-Origin"] == "https://chat.example"
    finally:
        server.close()


def test_rate_limits_answer_with_when_to_come_back():
    server = Server(RATE_LIMIT_PER_SEC="5")
    server.start()
    try:
        conversation = server.direct("fast", "slow")
        for _ in range(100):
            status, problem, headers = server.request("POST", "/api/aiim/messages", {"conversation_id": conversation, "content": "x"}, auth("fast"))
            if status == 429:
                break
        assert status == 429 and problem["code"] == "rate_limited"
        assert int(headers["Retry-After"]) >= 1 and "RateLimit" in headers and "RateLimit-Policy" in headers
        assert server.request("GET", "/api/aiim/users/me", headers=auth("slow"))[0] == 200

        async def over_socket():
            device = await Device(server, "fast").connect()
            replies = [await device.ask("send_message", {"conversation_id": conversation, "content": "x"}) for _ in range(60)]
            await device.close()
            return replies

        refused = [r for r in asyncio.run(over_socket()) if r["type"] == "error"]
        assert refused and refused[0]["error"]["code"] == "rate_limited" and refused[0]["error"]["retry_after_ms"] > 0
        assert refused[0]["error"]["retryable"] is True
    finally:
        server.close()


def test_guessing_passwords_is_slowed_down_per_account_and_address(shared_server):
    server = shared_server
    data = ("--data-dir", str(server.data))
    server.cli("user", "add", "victim", "--password", *data, input="a good password\n")
    guess = lambda password: server.request("POST", "/api/aiim/auth/login", {"username": "victim", "password": password})
    statuses = [guess(f"guess-{n}-xxxx")[0] for n in range(7)]
    assert statuses[0] == 401 and statuses[-1] == 429, statuses
    status, problem, headers = guess("a good password")
    assert status == 429 and int(headers["Retry-After"]) >= 1 and problem["code"] == "rate_limited"
    time.sleep(problem["retry_after_ms"] / 1000 + 0.3)
    assert guess("a good password")[0] == 200


def test_logs_have_request_ids_and_neither_tokens_nor_content():
    server = Server(LOG_LEVEL="debug")
    server.start()
    secret_text = "the-very-private-content"
    try:
        conversation = server.direct("lena", "max")
        server.call("lena", "POST", "/messages", {"conversation_id": conversation, "content": secret_text}, headers={"X-Request-Id": "find-me-1"})
        bearer = token("lena")

        async def whole():
            async with websockets.connect(server.ws_url + "?token=" + bearer) as socket:
                await socket.recv()
                await socket.send(json.dumps({"type": "send_message", "id": "1", "data": {"conversation_id": conversation, "content": secret_text}}))
                await socket.recv()

        asyncio.run(whole())
        server.request("POST", "/api/aiim/auth/login", {"username": "lena", "password": "hunter2-hunter2"})
        log = server.log()
        assert "request_id=find-me-1" in log
        for hidden in (secret_text, bearer, bearer.split(".")[2], SECRET, "hunter2-hunter2"):
            assert hidden not in log
    finally:
        server.close()


def test_bad_frames_leave_the_connection_usable_until_there_are_too_many(shared_server):
    async def whole():
        async with websockets.connect(shared_server.ws_url, subprotocols=["bearer", token("frank")]) as socket:
            await socket.recv()
            for bad in ("x", "[]", "{}", '{"type":7}', '{"type":"send_message","id":"1","data":[]}', '{"type":"no_such","id":"2"}', b"binary", '{"type":"ping","id":{}}'):
                await socket.send(bad)
                reply = json.loads(await asyncio.wait_for(socket.recv(), 10))
                assert reply["type"] == "error" and reply["error"]["code"] == "invalid_request", (bad, reply)
            await socket.send('{"type":"ping","id":"still here"}')
            assert json.loads(await socket.recv())["id"] == "still here"
            with pytest.raises(websockets.ConnectionClosed):
                for _ in range(200):
                    await socket.send("{")
                    await asyncio.wait_for(socket.recv(), 10)
            assert socket.close_code == 4400

    asyncio.run(whole())


def test_a_socket_without_credentials_is_closed_after_ten_seconds(shared_server):
    async def whole():
        async with websockets.connect(shared_server.ws_url) as socket:
            begun = time.monotonic()
            with pytest.raises(websockets.ConnectionClosed):
                while True:
                    await asyncio.wait_for(socket.recv(), 20)
            assert socket.close_code == 4401 and 8 < time.monotonic() - begun < 16

    asyncio.run(whole())


def test_an_expired_token_ends_its_socket_and_auth_extends_it(shared_server):
    server = shared_server

    async def whole():
        async with websockets.connect(server.ws_url, subprotocols=["bearer", token("eve", ttl=3)]) as short, \
                websockets.connect(server.ws_url, subprotocols=["bearer", token("eve", ttl=3)]) as extended:
            await short.recv(), await extended.recv()
            await extended.send(json.dumps({"type": "auth", "id": "1", "data": {"token": token("eve", ttl=600)}}))
            assert json.loads(await extended.recv())["type"] == "ack"
            with pytest.raises(websockets.ConnectionClosed):
                while True:
                    await asyncio.wait_for(short.recv(), 9)
            assert short.close_code == 4401
            await extended.send('{"type":"ping","id":"2"}')
            assert json.loads(await extended.recv())["type"] == "ack"
            await extended.send(json.dumps({"type": "auth", "data": {"token": token("mallory")}}))
            with pytest.raises(websockets.ConnectionClosed):
                while True:
                    await asyncio.wait_for(extended.recv(), 9)
            assert extended.close_code == 4401

    asyncio.run(whole())


def test_a_slow_consumer_is_cut_off_and_the_others_are_not_held_up():
    server = Server(AIIM_OUTBOX_BYTES_MAX="262144")
    server.start()
    try:
        conversation = server.group("quick", ["lazy"])

        async def whole():
            narrow = socket.socket()
            narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)  # else the kernel may take tens of megabytes
            narrow.connect(("127.0.0.1", server.port))
            lazy = await websockets.connect(server.ws_url, sock=narrow, subprotocols=["bearer", token("lazy")], max_queue=1,
                                            read_limit=1024, max_size=None)
            await lazy.recv()
            lazy.transport.pause_reading()
            quick = await Device(server, "quick").connect()
            for _ in range(300):  # more than the kernel's own buffers take
                await asyncio.wait_for(quick.do("send_message", {"conversation_id": conversation, "content": {"text": "y" * 30_000}}), 10)
            def metric(name):
                return float(re.search(rf"^{name}\S* (\S+)$", server.request("GET", "/metrics")[1].decode(), re.M).group(1))

            assert metric("aiim_websocket_slow_consumers_total") == 1
            deadline = time.monotonic() + 20
            while metric("aiim_websocket_connections_active") != 1:  # it has a few seconds to read the close frame
                assert time.monotonic() < deadline, "the slow one is gone"
                await asyncio.sleep(0.1)
            await quick.close()
            lazy.transport.abort()

        asyncio.run(whole())
    finally:
        server.close()
