"""WebSocket as the edge speaks it: the handshake, credentials, frames, order, pauses and the end."""

import asyncio
import json
import socket
import struct
import threading
import time

import pytest
import websockets
from harness import Server, token
from raw import BINARY, CLOSE, PING, PONG, TEXT, RawSocket, ask, frame, handshake


@pytest.fixture(scope="module")
def edge():
    one = Server(ALLOWED_ORIGINS="https://app.example", API_KEY="key-of-the-environment-0123456789")
    one.start()
    yield one
    one.close()


def hello(sock):
    first = sock.json()
    assert first["type"] == "hello", first
    return first["data"]


# --- the handshake ---


def test_the_handshake_of_a_header_token_is_answered_and_hello_comes_first(edge):
    with RawSocket(edge, "alice") as sock:
        status, headers, _ = sock.answer
        assert status == 101 and headers["upgrade"] == "websocket" and headers["x-request-id"]
        data = hello(sock)
        assert data["user_id"] == "alice" and data["tenant_id"] == "default" and data["session_id"].startswith("sess_")
        assert data["heartbeat_ms"] == 25000 and data["version"] == "2.0.0" and data["sync_token"] and data["server_time"]


@pytest.mark.parametrize("change", [
    {"Upgrade": None}, {"Upgrade": "h2c"}, {"Connection": "close"}, {"Sec_WebSocket_Version": "8"},
    {"Sec_WebSocket_Version": None}, {"Sec_WebSocket_Key": None}, {"Sec_WebSocket_Key": "c2hvcnQ="},
])
def test_what_is_no_handshake_is_refused_and_told_the_version(edge, change):
    [(status, headers, body)], _ = ask(edge, handshake("alice", **change))
    assert status == 400 and headers["sec-websocket-version"] == "13" and json.loads(body)["code"] == "invalid_request"


def test_only_pages_of_allowed_origins_get_in(edge):
    for origin, status in [("https://app.example", 101), ("http://aiim.test", 101), ("https://evil.example", 403), ("null", 403)]:
        [(got, _, _)], _ = ask(edge, handshake("alice", Origin=origin))
        assert got == status, origin


def test_frames_right_behind_the_handshake_are_not_lost(edge):
    pings = b"".join(frame(TEXT, json.dumps({"type": "ping", "id": str(i)})) for i in range(5))
    with RawSocket(edge, "alice", extra=pings) as sock:
        hello(sock)
        assert [sock.json()["id"] for _ in range(5)] == [str(i) for i in range(5)]


# --- credentials ---


def test_each_way_to_prove_who_one_is(edge):
    async def whole():
        jwt = token("alice")
        ways = [dict(subprotocols=["bearer", jwt]), dict(extra_headers={"Authorization": "Bearer " + jwt}),
                dict(extra_headers={"X-API-Key": "key-of-the-environment-0123456789"}), dict(path="?token=" + jwt)]
        users = []
        for way in ways:
            path = way.pop("path", "")
            async with websockets.connect(edge.ws_url + path, **way) as ws:
                users.append(json.loads(await ws.recv())["data"]["user_id"])
                assert ws.subprotocol == ("bearer" if "subprotocols" in way else None)
        assert users == ["alice", "alice", "service", "alice"]
        assert jwt not in edge.log()

    asyncio.run(whole())


@pytest.mark.parametrize("bad", ["nonsense", "expired", "forged"])
@pytest.mark.parametrize("way", ["subprotocol", "query", "header", "frame"])
def test_bad_credentials_are_told_and_closed_with_4401_after_the_upgrade(edge, way, bad):
    jwt = {"nonsense": "a.b.c", "expired": token("alice", ttl=-5), "forged": token("alice", secret="x" * 40)}[bad]
    options = {"subprotocol": dict(Sec_WebSocket_Protocol="bearer, " + jwt), "query": dict(path="/api/aiim/ws?token=" + jwt),
               "header": dict(Authorization="Bearer " + jwt), "frame": {}}[way]
    with RawSocket(edge, **options) as sock:
        assert sock.answer[0] == 101
        if way == "frame":
            sock.say("auth", {"token": jwt})
        texts, code = sock.until_closed()
        assert code == 4401
        assert [t["type"] for t in texts] == ["error", "bye"]
        assert texts[0]["error"]["code"] == "unauthenticated" and texts[1]["data"]["reason"] == "unauthenticated"


def test_before_the_auth_frame_only_ping_is_served(edge):
    with RawSocket(edge) as sock:
        sock.say("ping", name="1")
        assert sock.json()["type"] == "ack"
        sock.say("sync", {"conversations": []}, "2")
        reply = sock.json()
        assert reply["id"] == "2" and reply["error"]["code"] == "unauthenticated"
        sock.say("auth", {"token": 7}, "3")
        assert sock.json()["error"]["code"] == "invalid_request"
        sock.say("auth", {"token": token("alice")}, "4")
        sock.say("sync", {"conversations": []}, "5")
        assert hello(sock)["user_id"] == "alice"
        assert sock.json()["id"] == "4" and sock.json()["id"] == "5"


def test_who_says_nothing_is_closed_after_ten_seconds(edge):
    with RawSocket(edge) as sock:
        sock.sock.settimeout(20)
        began = time.monotonic()
        texts, code = sock.until_closed()
        assert code == 4401 and 9 < time.monotonic() - began < 14
        assert texts[-1]["data"]["reason"] == "unauthenticated"


def test_expiry_closes_and_a_fresh_token_of_the_same_user_extends(edge):
    with RawSocket(edge, Authorization="Bearer " + token("alice", ttl=3)) as left, \
            RawSocket(edge, Authorization="Bearer " + token("alice", ttl=3)) as extended:
        hello(left), hello(extended)
        extended.say("auth", {"token": token("alice")}, "1")
        assert extended.json() == {"type": "ack", "id": "1", "data": {}}
        texts, code = left.until_closed()
        assert code == 4401 and texts[-1] == {"type": "bye", "data": {"reason": "unauthenticated", "reconnect_after_ms": 0}}
        time.sleep(2)
        extended.say("ping", name="2")
        assert extended.json()["id"] == "2"


def test_a_token_of_another_user_closes_the_socket(edge):
    with RawSocket(edge, "alice") as sock:
        hello(sock)
        sock.say("auth", {"token": token("bob")}, "1")
        texts, code = sock.until_closed()
        assert code == 4401 and texts[0]["id"] == "1"


# --- frames ---


def test_what_breaks_RFC_6455_is_closed_with_its_code(edge):
    ping = json.dumps({"type": "ping"})
    for code, bad in [(1002, frame(TEXT, ping, masked=False)), (1002, frame(TEXT, ping, rsv=0x40)), (1002, frame(3, "x")),
                      (1002, frame(PING, "x" * 126)), (1002, frame(PING, fin=False)), (1002, frame(0, "x")),
                      (1002, frame(TEXT, "a", fin=False) + frame(TEXT, "b")), (1002, frame(CLOSE, b"\x00")),
                      (1002, frame(CLOSE, struct.pack(">H", 1005))), (1007, frame(TEXT, b"\xff")),
                      (1007, frame(CLOSE, struct.pack(">H", 1000) + b"\xff")), (1009, frame(TEXT, "x" * 262145))]:
        with RawSocket(edge, "alice") as sock:
            hello(sock)
            sock.sock.sendall(bad)
            assert sock.until_closed()[1] == code, bad[:20]


def test_fragments_with_a_ping_in_between_are_one_message(edge):
    with RawSocket(edge, "alice") as sock:
        hello(sock)
        sock.send(TEXT, '{"type":"pi', fin=False)
        sock.send(PING, "between")
        sock.send(0, 'ng","id":', fin=False)
        sock.send(0, '"f"}')
        assert sock.read() == (PONG, b"between")
        assert sock.json()["id"] == "f"


def test_frames_cut_anywhere_are_put_together(edge):
    stream = b"".join(frame(TEXT, json.dumps({"type": "ping", "id": str(i), "data": {"pad": "é" * i}})) for i in range(120))
    with RawSocket(edge, "alice") as sock:
        hello(sock)
        for i in range(0, len(stream), 61):
            sock.sock.sendall(stream[i:i + 61])
        assert [sock.json()["id"] for _ in range(120)] == [str(i) for i in range(120)]


def test_a_message_of_the_greatest_size_is_taken(edge):
    with RawSocket(edge, "alice") as sock:
        hello(sock)
        text = json.dumps({"type": "ping", "id": "big", "data": {"pad": ""}})
        text = text.replace('""', '"' + "x" * (262144 - len(text)) + '"')
        assert len(text) == 262144
        sock.send(TEXT, text)
        assert sock.json()["id"] == "big"


def test_bad_frames_are_answered_and_the_socket_stays_usable_until_there_are_a_hundred(edge):
    with RawSocket(edge, "alice") as sock:
        hello(sock)
        for bad in ["", "x", "[]", "7", '{"type":1}', '{"id":"x"}', '{"type":"ping","id":7}', '{"type":"ping","id":""}',
                    '{"type":"ping","type":"ping"}', '{"type":"ping","id":"' + "x" * 129 + '"}', "{" * 40]:
            sock.send(TEXT, bad)
            reply = sock.json()
            assert reply["type"] == "error" and reply["error"]["code"] == "invalid_request", bad
        sock.send(BINARY, b"\0\1")
        assert sock.json()["error"]["code"] == "invalid_request"
        sock.say("nothing.like.this", {}, "u")
        assert sock.json() == {"type": "error", "id": "u", "error": {"code": "invalid_request", "retryable": False,
                                                                    "message": "there is no such type of frame: nothing.like.this"}}
        sock.say("x" * 65, {}, "long")
        assert sock.json()["error"]["message"] == "there is no such type of frame"
        sock.say("create_conversation", {}, "rest")
        assert sock.json()["error"]["message"] == "this is offered over REST only: POST /api/aiim/conversations"
        sock.send(TEXT, '{"type":"sync","id":"d","data":[]}')
        assert sock.json()["id"] == "d"
        sock.say("ping", name="p")
        assert sock.json()["id"] == "p"
        for _ in range(100):
            sock.send(TEXT, "x")
        texts, code = sock.until_closed()
        assert code == 4400 and len(texts) == 89


def test_without_an_id_success_is_silent_and_failure_is_not(edge):
    conversation = edge.direct("silent_a", "silent_b")
    with RawSocket(edge, "silent_a") as sock:
        hello(sock)
        sock.say("send_message", {"conversation_id": conversation, "type": "text", "content": "hi"})
        assert sock.json()["type"] == "message.created"
        sock.say("send_message", {"conversation_id": "conv_none", "type": "text", "content": "hi"})
        reply = sock.json()
        assert reply["type"] == "error" and "id" not in reply and reply["error"]["code"] == "not_found"


def test_a_close_is_answered_with_its_code(edge):
    for payload in (struct.pack(">H", 1000) + b"bye", struct.pack(">H", 3999), b""):
        with RawSocket(edge, "alice") as sock:
            hello(sock)
            sock.send(CLOSE, payload)
            assert sock.read() == (CLOSE, payload[:2])
            assert sock.read() is None


# --- order and pauses ---


def test_writes_are_answered_in_order_and_a_read_sees_the_writes_before_it(edge):
    conversation = edge.direct("order_a", "order_b")
    with RawSocket(edge, "order_a") as sock:
        hello(sock)
        batch = b""
        for i in range(400):
            data = {"conversation_id": conversation if i % 10 else "conv_none", "type": "text", "content": f"m{i}"}
            batch += frame(TEXT, json.dumps({"type": "send_message", "id": f"w{i}", "data": data}))
            if i % 50 == 49:
                named = [{"conversation_id": conversation, "rev": 0, "epoch": ""}]
                batch += frame(TEXT, json.dumps({"type": "sync", "id": f"r{i}", "data": {"conversations": named}}))
        threading.Thread(target=sock.sock.sendall, args=(batch,)).start()
        replies = []
        while len(replies) < 408:
            got = sock.json()
            if "id" in got:
                replies.append(got)
        writes = [r for r in replies if r["id"].startswith("w")]
        assert [r["id"] for r in writes] == [f"w{i}" for i in range(400)]
        acked = 0
        for reply in replies:
            if reply["type"] == "ack" and "seq" in reply["data"]:
                acked = reply["data"]["seq"]
            elif reply["id"].startswith("r"):
                before = (int(reply["id"][1:]) + 1) * 9 // 10
                assert acked >= before, "every write before the read is answered before it"


def test_who_sends_faster_than_it_reads_is_paused_not_cut(edge):
    count = 60_000
    with RawSocket(edge, "flood", receive_bytes=8192) as sock:
        hello(sock)
        one = [frame(TEXT, json.dumps({"type": "ping", "id": f"{i:0>60}"})) for i in range(100)] * (count // 100)
        sender = threading.Thread(target=sock.sock.sendall, args=(b"".join(one),))
        sock.sock.settimeout(60)
        sender.start()
        time.sleep(1)
        for i in range(count):
            assert sock.json()["id"] == f"{i % 100:0>60}"
        sender.join()


def test_who_floods_and_does_not_read_while_others_write_to_it_loses_no_frame(edge):
    """Its frames wait half read while foreign ones come into its outbox and are moved together there."""
    count = 30_000
    conversation = edge.direct("flood_a", "flood_b")
    talk = frame(TEXT, json.dumps({"type": "send_message", "data": {"conversation_id": conversation, "type": "text",
                                                                   "content": {"text": "x" * 200}}}))
    with RawSocket(edge, "flood_a", receive_bytes=4096) as sock, RawSocket(edge, "flood_b") as other:
        hello(sock)
        hello(other)
        pings = b"".join(frame(TEXT, json.dumps({"type": "ping", "id": f"{i:0>60}"})) for i in range(count))
        sock.sock.settimeout(60)
        threads = [threading.Thread(target=sock.sock.sendall, args=(pings,)),
                   threading.Thread(target=lambda: [(other.sock.sendall(talk), time.sleep(0.002)) for _ in range(1000)])]
        for thread in threads:
            thread.start()
        seen = 0
        while seen < count:
            if seen % 3000 == 0:
                time.sleep(0.2)  # let the outbox fill
            data = sock.json()
            if data["type"] == "ack":
                assert data["id"] == f"{seen:0>60}"
                seen += 1
        for thread in threads:
            thread.join()


def test_connections_cut_with_operations_under_way_harm_nobody(edge):
    conversation = edge.direct("cut_a", "cut_b")
    send = frame(TEXT, json.dumps({"type": "send_message", "id": "1", "data": {"conversation_id": conversation, "type": "text",
                                                                             "content": "hi"}}))
    sync = frame(TEXT, json.dumps({"type": "sync", "id": "2", "data": {"conversations": []}}))
    for i in range(60):
        sock = RawSocket(edge, "cut_a", extra=(send * 70 + sync) if i % 3 else b"")
        if i % 3 == 0:
            hello(sock)
            sock.sock.sendall(send * 20 + sync * 3)
        if i % 2:
            sock.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()
    for _ in range(50):
        if b"aiim_websocket_connections_active 0\n" in edge.request("GET", "/metrics")[1]:
            break
        time.sleep(0.1)
    else:
        raise AssertionError("sessions are left")
    assert edge.request("GET", "/ready")[0] == 200


# --- time and the end ---


def test_the_silent_are_closed_and_those_who_answer_pings_stay():
    server = Server(AIIM_HEARTBEAT_SECONDS="1", AIIM_SILENT_SECONDS="4")
    server.start()
    try:
        with RawSocket(server, "alice") as silent, RawSocket(server, "bob") as answers:
            hello(silent), hello(answers)
            began = time.monotonic()
            while time.monotonic() - began < 8:
                opcode, payload = answers.read()
                assert opcode == PING
                answers.send(PONG, payload)
            assert silent.until_closed()[1] == 4408
    finally:
        server.close()


def test_a_slow_consumer_is_closed_and_the_others_are_not_held_up():
    server = Server(AIIM_OUTBOX_BYTES_MAX="65536", AIIM_HEARTBEAT_SECONDS="1", AIIM_SILENT_SECONDS="60")
    server.start()
    try:
        group = server.group("talker", ["slow", "quick"])
        with RawSocket(server, "slow", receive_bytes=4096) as slow, RawSocket(server, "quick") as quick:
            hello(slow), hello(quick)
            text = "x" * 20_000
            for i in range(2000):
                server.call("talker", "POST", "/messages", {"conversation_id": group, "type": "text", "content": text})
                assert quick.json()["type"] == "message.created"
                if i % 20 == 0 and b"aiim_websocket_slow_consumers_total 1\n" in server.request("GET", "/metrics")[1]:
                    break
            texts, code = slow.until_closed()
            assert code == 4008 and texts[-1]["data"]["reason"] == "slow_consumer"
            revs = [t["data"]["rev"] for t in texts[:-1]]
            assert revs == list(range(revs[0], revs[0] + len(revs))), "what came before the end is without a hole"
    finally:
        server.close()


def test_a_reply_longer_than_the_outbox_limit_reaches_a_client_that_reads():
    server = Server(AIIM_OUTBOX_BYTES_MAX="65536")
    server.start()
    try:
        conversation = server.direct("alice", "bob")
        view = server.call("bob", "GET", f"/conversations/{conversation}")
        for _ in range(20):
            server.call("alice", "POST", "/messages", {"conversation_id": conversation, "type": "text", "content": "x" * 20_000})
        with RawSocket(server, "bob") as bob:
            hello(bob)
            for _ in range(3):
                bob.say("sync", {"conversations": [{"conversation_id": conversation, "rev": view["rev"], "epoch": view["epoch"]}]}, "s")
                reply = bob.json()
                assert reply["type"] == "ack" and len(reply["data"]["conversations"][0]["messages"]) == 20
    finally:
        server.close()


def test_a_draining_server_answers_what_is_under_way_then_says_goodbye():
    server = Server()
    server.start()
    try:
        conversation = server.direct("alice", "bob")
        socks = [RawSocket(server, "alice") for _ in range(30)]
        idle_http = socket.create_connection(("127.0.0.1", server.port))
        for sock in socks:
            hello(sock)
        send = [frame(TEXT, json.dumps({"type": "send_message", "id": str(i), "data": {
            "conversation_id": conversation, "type": "text", "content": str(i)}})) for i in range(20)]
        for sock in socks:
            sock.sock.sendall(b"".join(send))
        began = time.monotonic()
        server.process.terminate()
        waits, acked = set(), 0
        for sock in socks:
            texts, code = sock.until_closed()
            assert code == 1012 and texts[-1]["type"] == "bye" and texts[-1]["data"]["reason"] == "draining"
            waits.add(texts[-1]["data"]["reconnect_after_ms"])
            acks = [t["id"] for t in texts if t["type"] == "ack"]
            assert acks == [str(i) for i in range(len(acks))], "answered in order, without a gap"
            acked += len(acks)
            sock.close()
        server.process.wait(15)
        assert time.monotonic() - began < 10
        assert len(waits) > 20 and all(0 <= w <= 5000 for w in waits)
        idle_http.close()
        server.start()
        assert len(server.history("alice", conversation)) >= acked
    finally:
        server.close()
