"""HTTP as the edge speaks it: what it refuses, what every answer carries, what it says of itself."""

import json
import re
import socket
import threading
import time

import pytest
from harness import Server, token
from raw import ask, connect, read_answer

HOST = "Host: aiim.test\r\n"


@pytest.fixture(scope="module")
def edge():
    one = Server(ALLOWED_ORIGINS="https://app.example")
    one.start()
    yield one
    one.close()


def auth(user="alice"):
    return f"Authorization: Bearer {token(user)}\r\n"


def post(fields, body="", path="/api/aiim/messages"):
    return f"POST {path} HTTP/1.1\r\n{HOST}{auth()}{fields}\r\n{body}"


SMUGGLING = {
    "length and encoding": f"POST / HTTP/1.1\r\n{HOST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "encoding not ending in chunked": f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked, gzip\r\n\r\n",
    "unknown encoding": f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: xchunked\r\n\r\n",
    "chunks in 1.0": f"POST / HTTP/1.0\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": f"POST / HTTP/1.1\r\n{HOST}Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
    "signed length": f"POST / HTTP/1.1\r\n{HOST}Content-Length: +0\r\n\r\n",
    "folded line": f"GET / HTTP/1.1\r\n{HOST}A: b\r\n c\r\n\r\n",
    "blank before colon": f"GET / HTTP/1.1\r\n{HOST}A : b\r\n\r\n",
    "no host": "GET / HTTP/1.1\r\n\r\n",
    "two hosts": f"GET / HTTP/1.1\r\n{HOST}{HOST}\r\n",
    "bare line feed": f"GET / HTTP/1.1\n{HOST}\r\n",
    "NUL": f"GET / HTTP/1.1\r\n{HOST}A: b\0c\r\n\r\n",
    "relative target": f"GET healthz HTTP/1.1\r\n{HOST}\r\n",
    "fragment": f"GET /healthz#x HTTP/1.1\r\n{HOST}\r\n",
    "another version": f"GET /healthz HTTP/2.0\r\n{HOST}\r\n",
    "TLS on a plain port": "\x16\x03\x01\x00\xa5\x01\x00",
}


@pytest.mark.parametrize("name", SMUGGLING)
def test_what_two_readers_could_read_differently_is_refused_and_the_connection_ends(edge, name):
    [answer], ended = ask(edge, SMUGGLING[name])
    status, headers, body = answer
    assert (status, ended) == (400, True)
    assert headers["content-type"] == "application/problem+json"
    assert json.loads(body)["code"] == "invalid_request"


@pytest.mark.parametrize("request_text, status", [
    (f"GET / HTTP/1.1\r\n{HOST}\r\n", 200),
    (f"GET /health HTTP/1.1\r\n{HOST}\r\n", 200),
    (f"GET /nowhere HTTP/1.1\r\n{HOST}\r\n", 404),
    (f"POST /health HTTP/1.1\r\n{HOST}Content-Length: 0\r\n\r\n", 405),
    (f"GET /api/aiim/users/me HTTP/1.1\r\n{HOST}\r\n", 401),
    (f"OPTIONS /api/aiim/messages HTTP/1.1\r\n{HOST}\r\n", 204),
    (f"GET /api/aiim/ws HTTP/1.1\r\n{HOST}\r\n", 400),
    ("GET / HTTP/1.1\r\n\r\n", 400),
    (f"GET / HTTP/1.1\r\n{HOST}A: {'x' * 20000}\r\n\r\n", 413),
])
def test_every_answer_carries_the_security_headers_and_a_request_id(edge, request_text, status):
    [(got, headers, _)], _ = ask(edge, request_text)
    assert got == status
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-xss-protection"] == "1; mode=block"
    assert "referrer-policy" in headers
    assert headers["x-request-id"]


def test_pipelined_requests_are_answered_one_by_one_in_order(edge):
    requests = "".join(f"GET /healthz HTTP/1.1\r\n{HOST}X-Request-Id: r{i}\r\n\r\n" for i in range(20))
    answers, ended = ask(edge, requests, 20)
    assert [headers["x-request-id"] for _, headers, _ in answers] == [f"r{i}" for i in range(20)]
    assert not ended


def test_a_request_that_arrives_byte_by_byte_is_understood(edge):
    body = b'{"conversation_id":"conv_x","type":"text","content":"hi"}'
    text = post(f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n").encode() + body
    with connect(edge) as sock:
        for i in range(0, len(text), 7):
            sock.sendall(text[i:i + 7])
            time.sleep(0.0005)
        assert read_answer(sock.makefile("rb"))[0] == 404


def test_an_older_client_is_answered_and_let_go(edge):
    [(status, headers, _)], ended = ask(edge, "GET /healthz HTTP/1.0\r\n\r\n")
    assert (status, headers["connection"], ended) == (200, "close", True)


def test_chunked_bodies_are_read_and_broken_ones_refused(edge):
    json_type = "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
    [(status, _, body)], ended = ask(edge, post(json_type, "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"))
    assert status == 400 and json.loads(body)["errors"][0]["field"] == "conversation_id" and not ended
    [(status, _, _)], ended = ask(edge, post(json_type, "zz\r\n{}\r\n0\r\n\r\n"))
    assert (status, ended) == (400, True)


def test_trailers_are_no_headers(edge):
    chunks = "2\r\n{}\r\n0\r\n"
    head = f"POST /api/aiim/messages HTTP/1.1\r\n{HOST}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    [(status, _, body)], _ = ask(edge, head + chunks + auth() + "\r\n")
    assert (status, json.loads(body)["code"]) == (401, "unauthenticated")


def test_a_body_too_large_is_refused_however_it_is_announced(edge):
    [(status, _, body)], _ = ask(edge, post("Content-Type: application/json\r\nContent-Length: 262145\r\n", "{}"))
    assert status == 413 and json.loads(body)["code"] == "too_large" and json.loads(body)["detail"] == "a body has at most 262144 bytes"
    chunks = ("10000\r\n" + "x" * 65536 + "\r\n") * 5 + "0\r\n\r\n"
    [(status, _, _)], _ = ask(edge, post("Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n", chunks))
    assert status == 413


def test_a_client_that_asks_first_is_told_to_go_on(edge):
    with connect(edge) as sock:
        stream = sock.makefile("rb")
        sock.sendall(post("Content-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue\r\n").encode())
        assert read_answer(stream)[0] == 100
        sock.sendall(b"{}")
        assert read_answer(stream)[0] == 400


def test_a_body_must_be_JSON_and_say_so(edge):
    [(status, _, body)], _ = ask(edge, post("Content-Type: text/plain\r\nContent-Length: 2\r\n", "{}"))
    assert status == 415 and json.loads(body)["code"] == "unsupported_media"
    [(status, _, _)], _ = ask(edge, post("Content-Length: 2\r\n", "{}"))
    assert status == 415
    [(status, _, _)], _ = ask(edge, post("Content-Type: application/json; charset=utf-8\r\nContent-Length: 2\r\n", "{x"))
    assert status == 400


def test_request_ids_are_taken_when_sound_and_made_otherwise(edge):
    for given, taken in [("my-id_1.2", True), ("x" * 128, True), ("x" * 129, False), ("a b", False), ("<x>", False)]:
        headers = edge.request("GET", "/healthz", headers={"X-Request-Id": given})[2]
        assert (headers["X-Request-Id"] == given) == taken


def test_problems_speak_the_clients_language(edge):
    status, problem, headers = edge.request("GET", "/nowhere", headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"})
    assert status == 404 and headers["Content-Language"] == "zh-CN" and "资源" in problem["title"]
    assert {"type", "title", "status", "detail", "code", "request_id"} <= problem.keys()
    assert problem["request_id"] == headers["X-Request-Id"]


def test_under_the_API_strangers_get_401_whatever_they_ask_for(edge):
    for method, path in [("GET", "/users/me"), ("GET", "/nothing/here"), ("DELETE", "/messages"), ("POST", "/messages")]:
        for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic YTpi"}, {"X-API-Key": "none"},
                        {"Authorization": "Bearer " + token("alice", ttl=-10)}):
            status, problem, answered = edge.request(method, "/api/aiim" + path, headers=headers)
            assert (status, problem["code"]) == (401, "unauthenticated"), (method, path, headers)
            assert answered["WWW-Authenticate"].startswith("Bearer")


def test_those_who_are_known_get_404_and_405(edge):
    headers = {"Authorization": "Bearer " + token("alice")}
    assert edge.request("GET", "/api/aiim/nothing/here", headers=headers)[0] == 404
    status, problem, answered = edge.request("DELETE", "/api/aiim/messages", headers=headers)
    assert (status, problem["code"]) == (405, "method_not_allowed")
    assert "POST" in answered["Allow"]


def test_bad_percent_encoding_is_refused(edge):
    headers = {"Authorization": "Bearer " + token("alice")}
    for path in ("/messages/%zz", "/messages/%ff", "/messages/%00", "/conversations?limit=%", "/conversations?limit=1&limit=2"):
        assert edge.request("GET", "/api/aiim" + path, headers=headers)[0] == 400, path


def test_HEAD_is_GET_without_the_body(edge):
    [(status, headers, _)], _ = ask(edge, f"GET /healthz HTTP/1.1\r\n{HOST}\r\n")
    with connect(edge) as sock:
        sock.sendall(f"HEAD /healthz HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n".encode())
        head = sock.makefile("rb").read()
    assert status == 200
    assert head.startswith(b"HTTP/1.1 200") and head.endswith(b"\r\n\r\n")
    assert f"Content-Length: {headers['content-length']}".encode() in head


def test_pages_of_other_origins_are_let_in_when_the_settings_name_them(edge):
    ours = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    status, _, headers = edge.request("OPTIONS", "/api/aiim/messages", headers=ours)
    assert status == 204 and headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert "Authorization" in headers["Access-Control-Allow-Headers"] and "POST" in headers["Access-Control-Allow-Methods"]
    assert edge.request("GET", "/healthz", headers={"Origin": "https://app.example"})[2]["Access-Control-Allow-Origin"]

    other = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    assert edge.request("OPTIONS", "/api/aiim/messages", headers=other)[0] == 403
    assert "Access-Control-Allow-Origin" not in edge.request("GET", "/healthz", headers={"Origin": "https://evil.example"})[2]


def test_the_health_document_is_the_original_services(edge):
    status, health, _ = edge.request("GET", "/health")
    assert status == 200 and health["status"] == "healthy" and health["version"] == "2.0.0"
    assert isinstance(health["timestamp"], float) and abs(health["timestamp"] - time.time()) < 60
    assert health["checks"]["database"]["status"] == "healthy" and health["checks"]["database"]["response_time"] < 5
    assert health["checks"]["redis"]["status"] == "not_configured"
    system = health["checks"]["system"]
    assert system["status"] == "healthy" and 0 <= system["cpu_usage"] <= 100 and 0 < system["memory_usage"] <= 100
    assert edge.request("GET", "/healthz")[0] == 200
    assert edge.request("GET", "/ready")[0] == 200


def test_metrics_have_the_original_names_from_the_start():
    server = Server()
    server.start()
    try:
        status, text, headers = server.request("GET", "/metrics")
        assert status == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4")
        text = text.decode()
        for name in ("aiim_http_requests_total", "aiim_websocket_connections_active", "aiim_messages_total", "aiim_calls_total",
                     "aiim_system_cpu_usage_percent", "aiim_system_memory_usage_percent", "aiim_db_query_duration_seconds"):
            assert f"# TYPE {name} " in text, name
        assert "aiim_websocket_connections_active 0\n" in text
        server.call("alice", "GET", "/users/alice")
        wanted = re.compile(r'aiim_http_requests_total\{method="GET",route="/api/aiim/users/\{\w+\}",status="200"\} 1\n')
        for _ in range(50):  # counted once the answer was written, perhaps after this client has read it
            if wanted.search(server.request("GET", "/metrics")[1].decode()):
                break
            time.sleep(0.1)
        else:
            raise AssertionError("the request is not counted under its route's pattern")
    finally:
        server.close()


def test_too_many_requests_are_refused_with_a_time_to_come_back():
    server = Server(RATE_LIMIT_PER_SEC="1")
    server.start()
    try:
        conversation = server.direct("alice", "bob")
        body = {"conversation_id": conversation, "type": "text", "content": "hi"}
        headers = {"Authorization": "Bearer " + token("alice")}
        answers = [server.request("POST", "/api/aiim/messages", body, headers) for _ in range(12)]
        refused = [a for a in answers if a[0] == 429]
        assert refused and answers[0][0] == 200
        _, problem, told = refused[0]
        assert problem["code"] == "rate_limited" and int(told["Retry-After"]) >= 1
        assert told["RateLimit"].startswith('"write";r=0;t=') and told["RateLimit-Policy"].startswith('"write";q=')
        # Strangers are limited by address, before anybody looks at what they bring.
        limited = [a for a in (server.request("GET", "/api/aiim/users/me") for _ in range(80)) if a[0] == 429]
        assert limited and limited[0][2]["RateLimit-Policy"].startswith('"address";q=')
    finally:
        server.close()


def test_connections_above_the_maximum_are_turned_away():
    server = Server(MAX_CONNECTIONS="8")
    server.start()
    try:
        held = [connect(server) for _ in range(8)]
        time.sleep(0.3)
        [(status, headers, _)], ended = ask(server, f"GET / HTTP/1.1\r\n{HOST}\r\n")
        assert (status, ended) == (503, True) and int(headers["retry-after"]) >= 1
        for sock in held:
            sock.close()
        time.sleep(0.3)
        assert server.request("GET", "/healthz")[0] == 200
    finally:
        server.close()


def test_a_head_that_never_ends_is_not_waited_for(edge):
    def wait(text, seconds):
        with connect(edge, 30) as sock:
            sock.sendall(text.encode())
            began = time.monotonic()
            while sock.recv(4096):
                pass
            seconds.append(time.monotonic() - began)

    waits = []
    texts = ["", "GET / HTTP/1.1\r\n", f"GET / HTTP/1.1\r\n{HOST}A: b\r\n", f"GET /healthz HTTP/1.1\r\n{HOST}\r\nGET /h"]
    threads = [threading.Thread(target=wait, args=(text, waits)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(waits) == len(texts) and all(8 < seconds < 15 for seconds in waits), waits


def test_a_client_that_is_gone_before_its_answer_harms_nobody(edge):
    for _ in range(50):
        with connect(edge) as sock:
            sock.sendall(f"GET /api/aiim/conversations HTTP/1.1\r\n{HOST}{auth()}\r\n".encode() * 3)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert edge.request("GET", "/healthz")[0] == 200


def test_no_token_and_no_query_reach_the_log(edge):
    secret = token("logged")
    edge.request("GET", f"/api/aiim/conversations?cursor={secret}&limit=5", headers={"Authorization": "Bearer " + secret})
    edge.request("GET", f"/nowhere/{secret}?a={secret}")
    log = edge.log()
    assert "route=/api/aiim/conversations" in log and "user_id=logged" in log
    assert secret not in log and "?" not in log
