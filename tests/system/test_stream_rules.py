"""Streams: who may write, how much, and what becomes of those whose writer is gone."""

import asyncio
import http.client
import json
import time

from device import Device
from harness import SLOW, Server, token
from raw import RawSocket
from test_streams import Viewer, text_op


def rss_mb(server):
    with open(f"/proc/{server.process.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


async def ended(viewer, stream, seconds=20):
    """Its final content; the sweeper looks once a second."""
    end = time.monotonic() + seconds * SLOW
    while stream not in viewer.ended:
        assert time.monotonic() < end, "the stream does not end"
        await asyncio.sleep(0.05)
    return viewer.ended[stream]["content"]


async def begin(bot, conversation, text="half"):
    stream = (await bot.do("stream.start", {"conversation_id": conversation}))["stream_id"]
    await bot.do("stream.append", {"stream_id": stream, "n": 1, "ops": text_op(text)})
    return stream


def code(reply):
    return reply.get("error", {}).get("code", "ack")


async def off_loop(function, *args):
    return await asyncio.get_running_loop().run_in_executor(None, function, *args)


def test_a_removed_writer_s_streams_end_there_and_only_there(shared_server):
    server = shared_server
    left, kept = server.group("r_owner", ["r_bot"]), server.group("r_owner", ["r_bot"])

    async def whole():
        bot, viewer = await Device(server, "r_bot").connect(), await Viewer(server, "r_owner").connect()
        gone, stays = await begin(bot, left), await begin(bot, kept)
        await off_loop(lambda: server.call("r_owner", "DELETE", f"/conversations/{left}/members/r_bot", expect=204))
        assert code(await bot.ask("stream.append", {"stream_id": gone, "n": 2, "ops": text_op("x")})) == "not_found"
        await bot.do("ping", {"stream_ids": [gone, stays]})
        assert (await ended(viewer, gone)) == {"text": "half", "finish_reason": "interrupted", "outcome": "interrupted"}
        await bot.do("stream.append", {"stream_id": stays, "n": 2, "ops": text_op(" and half")})
        await bot.do("stream.end", {"stream_id": stays, "status": "complete"})
        assert (await ended(viewer, stays))["text"] == "half and half"
        for device in (bot, viewer):
            await device.close()

    asyncio.run(whole())


def test_a_stream_s_usage_has_a_limit_and_too_much_of_it_ends_nothing(shared_server):
    server = shared_server
    group = server.group("usage_bot", ["usage_viewer"])

    async def whole():
        bot, viewer = await Device(server, "usage_bot").connect(), await Viewer(server, "usage_viewer").connect()
        stream = await begin(bot, group)
        end = lambda size: bot.ask("stream.end", {"stream_id": stream, "status": "complete", "usage": {"note": "x" * size}})
        refused = await end(5000)
        assert code(refused) == "invalid_request" and refused["error"]["errors"] == [{"field": "usage", "message": "at most 4096 bytes of JSON"}]
        assert code(await end(4000)) == "ack"
        assert (await ended(viewer, stream))["usage"] == {"note": "x" * 4000}
        for device in (bot, viewer):
            await device.close()

    asyncio.run(whole())


def test_a_suspended_writer_s_streams_end_and_take_nothing_more(shared_server):
    server = shared_server
    group = server.group("s_owner", ["s_bot"])

    async def whole():
        bot, viewer = await Device(server, "s_bot").connect(), await Viewer(server, "s_owner").connect()
        stream = await begin(bot, group)
        done = await off_loop(lambda: server.cli("user", "suspend", "s_bot", "--data-dir", str(server.data)))
        assert done.returncode == 0, done.stderr
        try:
            assert code(await bot.ask("stream.append", {"stream_id": stream, "n": 2, "ops": text_op("x")})) == "stream_ended"
        except ConnectionError:
            pass  # closed already
        assert (await ended(viewer, stream))["outcome"] == "interrupted" and viewer.text[stream] == "half"
        await viewer.close()
        bot.cut()

    asyncio.run(whole())


def test_open_streams_of_one_user_are_limited(database_url):
    server = Server(database_url, AIIM_OPEN_STREAMS_MAX="3")
    server.start()
    try:
        group = server.group("many", ["other"])

        async def whole():
            bot, other = await Device(server, "many").connect(), await Device(server, "other").connect()
            start = lambda who, name: who.ask("stream.start", {"conversation_id": group, "client_msg_id": name})
            replies = await asyncio.gather(*(start(bot, f"s{i}") for i in range(6)))
            assert [code(r) for r in replies] == ["ack"] * 3 + ["rate_limited"] * 3
            assert "at most 3 streams" in replies[3]["error"]["message"] and replies[3]["error"]["retryable"]
            assert code(await start(bot, "s1")) == "ack", "a repeat of one that is open"
            assert code(await start(other, "s")) == "ack"
            await bot.do("stream.end", {"stream_id": replies[0]["data"]["stream_id"], "status": "complete"})
            assert code(await start(bot, "s9")) == "ack"
            for device in (bot, other):
                await device.close()

        asyncio.run(whole())
        assert [m["seq"] for m in server.history("other", group)] == [1, 2, 3, 4, 5], "what was refused took no seq"
    finally:
        server.close()


def test_a_refused_chunk_leaves_nothing_behind(shared_server):
    server = shared_server
    conversation = server.direct("chunker", "reader")
    chunk = lambda expect=200, **more: server.call("chunker", "POST", "/messages/stream", {"conversation_id": conversation, **more}, expect=expect)
    gap = chunk(409, chunk="late", client_msg_id="c", chunk_index=2)
    assert (gap["code"], gap["expect"]) == ("stream_gap", 1)
    assert chunk(400, chunk="x", client_msg_id="c", chunk_index=0)["code"] == "invalid_request"
    assert chunk(400, client_msg_id="c")["code"] == "invalid_request"
    assert chunk(413, chunk="x" * 300_000, client_msg_id="c")["code"] == "too_large"
    assert server.history("reader", conversation) == []
    whole = chunk(chunk="at once", client_msg_id="c", stream_end=True)["message"]
    assert (whole["status"], whole["type"], whole["content"]["text"], whole["seq"]) == ("sent", "text", "at once", 1)
    assert chunk(client_msg_id="c", stream_end=True)["message"] == whole, "a repeated end"
    late = chunk(409, chunk="more", client_msg_id="c")
    assert late["code"] == "stream_ended" and late["detail"] == "nothing more can be written to it, nor can it end again; start another stream"
    sent = server.call("chunker", "POST", "/messages", {"conversation_id": conversation, "content": "plain", "client_msg_id": "d"})
    assert sent["message"]["seq"] == 2
    assert chunk(409, chunk="x", client_msg_id="d")["code"] == "idempotency_mismatch"
    assert server.call("outsider", "POST", "/messages/stream", {"conversation_id": conversation, "chunk": "x", "client_msg_id": "c"}, expect=404)["code"] == "not_found"


def test_messages_of_type_stream_chunk_write_a_stream_and_are_never_a_row(shared_server):
    server = shared_server
    conversation = server.direct("legacy", "reader2")
    send = lambda content, expect=200, **more: server.call("legacy", "POST", "/messages", {"conversation_id": conversation, "type": "stream_chunk", "content": content, **more}, expect=expect)
    assert send("one ", client_msg_id="l")["message"]["status"] == "streaming"
    assert send({"text": "two ", "chunk_index": 2}, client_msg_id="l")["message"]["chunk_index"] == 2
    done = send({"chunk": "three", "stream_end": True}, client_msg_id="l")["message"]
    assert (done["type"], done["status"], done["content"]["text"]) == ("text", "sent", "one two three")
    assert send("no key", expect=400)["errors"][0]["field"] == "client_msg_id"
    assert send({"chunk": 5}, expect=400, client_msg_id="m")["code"] == "invalid_request"
    assert [m["type"] for m in server.history("reader2", conversation)] == ["text"]


def test_a_flood_is_refused_in_bounded_memory(database_url):
    # The address sanitizer keeps 256 MB of what was freed unless it is told otherwise: that is not the server's.
    server = Server(database_url, ASAN_OPTIONS="quarantine_size_mb=4")
    server.start()
    try:
        group = server.group("flooder", ["f1", "f2"])
        before = None
        with RawSocket(server, "flooder") as flood:
            flood.json()
            flood.say("stream.start", {"conversation_id": group}, "s")
            frames = [flood.json(), flood.json()]
            stream = next(f for f in frames if f["type"] == "ack")["data"]["stream_id"]
            before = rss_mb(server)
            answers = {"ack": 0}
            flood.sock.settimeout(60 * SLOW)
            text = "f" * 8000
            left = 3000
            for n in range(1, left + 1):
                flood.say("stream.append", {"stream_id": stream, "n": n, "ops": text_op(text)}, str(n))
                if n % 50 == 0:
                    for _ in range(50):
                        answer = code(take_reply(flood))
                        answers[answer] = answers.get(answer, 0) + 1
            assert answers["ack"] == 65 and answers["too_large"] + answers["stream_gap"] + answers["ack"] == left, answers
            assert rss_mb(server) - before < 64, (before, rss_mb(server))
        content = server.call("f1", "GET", f"/messages/{group}/{stream}")["message"]["content"]["text"]
        assert content == "f" * 8000 * answers["ack"]
    finally:
        server.close()


def take_reply(socket):
    """The next answer; events on the way are passed over."""
    while True:
        frame = socket.json()
        if frame["type"] in ("ack", "error"):
            return frame


def test_ten_megabytes_at_once_end_the_connection_and_not_the_stream(shared_server):
    server = shared_server
    group = server.group("huge", ["h1"])
    with RawSocket(server, "huge") as socket:
        socket.json()
        socket.say("stream.start", {"conversation_id": group}, "s")
        stream = take_reply(socket)["data"]["stream_id"]
        before = rss_mb(server)
        try:
            socket.say("stream.append", {"stream_id": stream, "n": 1, "ops": text_op("h" * (10 << 20))}, "1")
        except OSError:
            pass
        try:
            assert socket.until_closed()[1] in (1009, None)
        except OSError:
            pass  # reset: it was closed with our bytes unread
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    headers = {"Authorization": "Bearer " + token("huge"), "Content-Type": "application/json"}
    try:
        connection.request("POST", "/api/aiim/messages/stream", json.dumps({"conversation_id": group, "client_msg_id": "x", "chunk": "h" * (10 << 20)}), headers)
        answer = connection.getresponse()
        assert answer.status == 413 and json.loads(answer.read())["code"] == "too_large"
    except (BrokenPipeError, ConnectionResetError):
        pass  # refused before it was sent
    assert rss_mb(server) - before < 48

    async def goes_on():
        bot = await Device(server, "huge").connect()
        assert (await bot.do("stream.append", {"stream_id": stream, "n": 1, "ops": text_op("small")}))["n"] == 1
        await bot.do("stream.end", {"stream_id": stream, "status": "complete"})
        await bot.close()

    asyncio.run(goes_on())
    assert server.call("h1", "GET", f"/messages/{group}/{stream}")["message"]["content"]["text"] == "small"


def test_a_producer_above_the_rate_is_told_so_and_loses_nothing():
    server = Server(RATE_LIMIT_PER_SEC="5")
    server.start()
    try:
        group = server.group("hasty", ["p1"])

        async def whole():
            bot = await Device(server, "hasty").connect()
            stream = (await bot.do("stream.start", {"conversation_id": group}))["stream_id"]
            n, refused = 0, 0
            while n < 150:  # 20 a second, a hundred at once
                reply = await bot.ask("stream.append", {"stream_id": stream, "n": n + 1, "ops": text_op(f"{n},")})
                if reply["type"] == "ack":
                    n += 1
                    continue
                assert code(reply) == "rate_limited" and reply["error"]["retry_after_ms"] > 0
                refused += 1
                await asyncio.sleep(reply["error"]["retry_after_ms"] / 1000)
            assert refused > 0
            await asyncio.sleep(0.2)
            await bot.do("stream.end", {"stream_id": stream, "status": "complete"})
            await bot.close()
            return stream

        stream = asyncio.run(whole())
        assert server.call("p1", "GET", f"/messages/{group}/{stream}")["message"]["content"]["text"] == "".join(f"{n}," for n in range(150))
    finally:
        server.close()


def test_a_message_bigger_than_the_outbox_does_not_end_the_sessions_that_keep_up(shared_server):
    """Text beside other parts is held twice in the content: the end of a full stream weighs over a mebibyte."""
    server = shared_server
    group = server.group("bulky", ["b1"])

    async def whole():
        bot, viewer = await Device(server, "bulky").connect(), await Viewer(server, "b1").connect()
        stream = (await bot.do("stream.start", {"conversation_id": group}))["stream_id"]
        await bot.do("stream.append", {"stream_id": stream, "n": 1, "ops": [{"op": "reasoning", "delta": "so be it"}]})
        n = 1
        while n < 6:
            n += 1
            await bot.do("stream.append", {"stream_id": stream, "n": n, "ops": text_op("z" * 104_000)})
        await bot.do("stream.end", {"stream_id": stream, "status": "complete"})
        assert len((await ended(viewer, stream))["text"]) == 520_000
        assert viewer.closed_code is None and viewer.socket.open
        for device in (bot, viewer):
            await device.close()

    asyncio.run(whole())


def test_a_chunk_takes_the_writer_no_longer_the_more_its_stream_holds():
    """One writer serves everybody: it must not read a whole stream again for each chunk."""
    server = Server()
    server.start()
    conversation = server.direct("legacy", "reader")

    def writes():
        lines = server.request("GET", "/metrics")[1].decode().splitlines()
        value = lambda end: next(float(l.split()[-1]) for l in lines if l.startswith(f'aiim_db_query_duration_seconds_{end}{{operation="write"}}'))
        return value("sum"), value("count")

    async def send(device, count):
        before = await asyncio.to_thread(writes)
        for _ in range(count // 50):
            chunk = {"conversation_id": conversation, "chunk": "y", "client_msg_id": "long"}
            replies = await asyncio.gather(*(device.ask("stream_chunk", chunk) for _ in range(50)))
            assert all(reply["type"] == "ack" for reply in replies), replies
        after = await asyncio.to_thread(writes)
        return (after[0] - before[0]) / (after[1] - before[1])

    async def whole():
        device = await Device(server, "legacy").connect()
        early = await send(device, 500)
        await send(device, 3000)
        late = await send(device, 500)
        assert late < 4 * early, (early, late)
        shown = (await device.do("stream_chunk", {"conversation_id": conversation, "chunk": "z", "client_msg_id": "long"}))["message"]
        assert shown["content"] == {"text": "y" * 4000 + "z"} and shown["chunk_index"] == 4001
        await device.close()

    try:
        asyncio.run(whole())
    finally:
        server.close()


def test_pages_of_open_streams_are_cut_where_they_become_too_long(shared_server):
    server = shared_server
    group = server.group("flood", ["late"])

    async def whole():
        flood = await Device(server, "flood").connect()
        streams = []
        for k in range(6):
            streams.append((await flood.do("stream.start", {"conversation_id": group}))["stream_id"])
            for n in (1, 2):
                await flood.do("stream.append", {"stream_id": streams[-1], "n": n, "ops": text_op(str(k) * 150_000)})
        server.call("flood", "POST", f"/conversations/{group}/members", {"user_ids": ["later"]})
        texts = lambda page: [len(m["content"]["text"]) for m in page["messages"]]
        get = lambda path: server.call("late", "GET", path)
        newest = get(f"/messages/{group}?limit=200")
        assert texts(newest) == [300_000] and newest["has_more"] and newest["messages"][0]["message_id"] == streams[-1]
        found, after = [], 0
        while True:
            page = get(f"/messages/{group}?limit=200&after_seq={after}")
            assert sum(texts(page)) <= 512 * 1024
            found += [m["message_id"] for m in page["messages"]]
            if not page["has_more"]:
                break
            after = page["messages"][-1]["seq"]
        assert found == streams
        found, joined, rev = [], [], 1
        while True:
            page = get(f"/conversations/{group}/changes?since_rev={rev}")
            assert sum(texts(page)) <= 512 * 1024
            found += [m["message_id"] for m in page["messages"]]
            joined += [m["user_id"] for m in page["members"]]
            if page["complete"]:
                break
            rev = page["rev"]
        assert found == streams and joined == ["later"]
        for stream in streams:
            await flood.do("stream.end", {"stream_id": stream})
        await flood.close()

    asyncio.run(whole())
