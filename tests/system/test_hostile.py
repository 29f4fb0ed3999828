"""What a hostile client tries to leave behind for others: rows that nobody can read, pages without an end, floods."""

import asyncio
import base64
import json

import pytest
from device import Device
from harness import token
from raw import ask


def hidden(text):
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


@pytest.mark.parametrize("key", [b"\xff\xfe", b"\xed\xa0\x80", b"\xc0\xaf"])
def test_an_idempotency_key_that_is_no_utf8_is_refused(shared_server, key):
    server = shared_server
    group = server.group("alice", ["bob"])
    body = json.dumps({"conversation_id": group, "type": "text", "content": "x"}).encode()
    head = (f"POST /api/aiim/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token('alice')}\r\n"
            f"Content-Type: application/json\r\nConnection: close\r\nContent-Length: {len(body)}\r\nIdempotency-Key: ").encode()
    [(status, _, answer)], _ = ask(server, head + key + b"\r\n\r\n" + body)
    assert (status, json.loads(answer)["code"]) == (400, "invalid_request")
    assert server.history("bob", group) == []


@pytest.mark.parametrize("plain", [b"1.\xff", b"1.\x00x", b"5." + b"a" * 129, b"-1.x", b"253402300799999.\xff", b"99999999999999999999.x", b"x"])
def test_forged_cursors_and_tokens_are_refused(shared_server, plain):
    shared_server.call("alice", "GET", "/conversations?cursor=" + hidden(plain), expect=400)

    async def go():
        device = await Device(shared_server, "alice").connect()
        reply = await device.ask("sync", {"since": hidden(b"1." + plain)})
        assert reply["error"]["code"] == "invalid_request", reply
        await device.close()

    asyncio.run(go())


@pytest.mark.parametrize("time", ["0000-01-01T00:00:00Z", "0001-01-01T00:00:00%2B23:59", "9999-12-31T23:59:59.999Z"])
def test_the_ends_of_time_are_times(shared_server, time):
    assert shared_server.call("alice", "GET", "/conversations?updated_since=" + time)["next_cursor"] is None


def test_numbers_that_no_integer_holds_come_back_as_they_were(shared_server):
    server = shared_server
    group = server.group("alice", ["bob"])
    numbers = {"large": 1e20, "larger": -1.5e300, "small": 1e-300, "id": 12345678901234567890, "s": 'a "1\\'}
    server.call("alice", "POST", "/messages", {"conversation_id": group, "type": "text", "content": {"text": "x", **numbers}})

    async def go():
        device = await Device(server, "alice").connect()
        stream = (await device.do("stream.start", {"conversation_id": group}))["stream_id"]
        call = {"op": "tool_call", "call_id": "c", "name": "n", "arguments": numbers}
        await device.do("stream.append", {"stream_id": stream, "n": 1, "ops": [call]})
        assert len(server.history("bob", group)) == 2
        await device.do("stream.end", {"stream_id": stream, "status": "complete"})
        await device.close()

    asyncio.run(go())
    sent, streamed = server.history("bob", group)
    assert sent["content"] == {"text": "x", **numbers}
    assert numbers in [part.get("arguments") for part in streamed["content"]["parts"]]


def test_numbers_do_not_blow_up_a_message(shared_server):
    group = shared_server.group("alice", ["bob"])
    content = {"text": "x", "numbers": [1e308] * 20_000}
    shared_server.call("alice", "POST", "/messages", {"conversation_id": group, "type": "text", "content": content}, expect=400)


def test_pages_are_cut_by_their_bytes_and_lose_nothing(shared_server):
    server = shared_server
    groups = [server.group("paul", ["bob"]) for _ in range(6)]
    text = "x" * 200_000
    for group in groups:
        server.call("paul", "POST", "/messages", {"conversation_id": group, "type": "text", "content": text})
    for _ in range(6):
        server.call("paul", "POST", "/messages", {"conversation_id": groups[0], "type": "text", "content": text})
    page = server.call("bob", "GET", f"/messages/{groups[0]}?limit=200")
    assert page["has_more"] and page["messages"][-1]["seq"] == 7 and len(json.dumps(page)) < 700_000
    assert [m["seq"] for m in server.history("bob", groups[0])] == [1, 2, 3, 4, 5, 6, 7]
    seen, cursor = [], ""
    while cursor is not None:
        page = server.call("paul", "GET", "/conversations?limit=200" + (f"&cursor={cursor}" if cursor else ""))
        assert len(json.dumps(page)) < 700_000
        seen += [each["conversation_id"] for each in page["conversations"]]
        cursor = page["next_cursor"]
    assert sorted(seen) == sorted(groups)


def test_a_sync_of_many_large_groups_without_news_fits_into_a_frame(shared_server):
    server = shared_server
    crowd = [f"somebody-{i:055d}" for i in range(99)]
    named = [{"conversation_id": server.group("zoe", crowd), "rev": 1} for _ in range(60)]

    async def go():
        device = await Device(server, "zoe").connect()
        behind = named
        for _ in range(4):
            reply = await device.do("sync", {"conversations": behind})
            assert len(json.dumps(reply)) < 600_000
            done = {part["conversation_id"] for part in reply["conversations"] if part.get("complete")}
            assert done
            behind = [each for each in behind if each["conversation_id"] not in done]
            assert reply["more"] == bool(behind)
            if not behind:
                break
        assert not behind
        await device.close()

    asyncio.run(go())


def test_pings_that_write_are_limited(server):
    server.stop()
    server.start(RATE_LIMIT_PER_SEC="5")

    async def go():
        device = await Device(server, "alice").connect()
        replies = [await device.ask("ping", {"stream_ids": ["msg_x"] * 100}) for _ in range(10)]
        assert "rate_limited" in [reply["error"]["code"] for reply in replies if reply["type"] == "error"]
        assert all([(await device.ask("ping", {}))["type"] == "ack" for _ in range(50)])
        await device.close()

    asyncio.run(go())
