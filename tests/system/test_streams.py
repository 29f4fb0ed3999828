"""Streams: everybody sees the same text grow, through crashes, cuts and cancels."""

import asyncio
import random

from device import Device
from harness import SLOW


def text_op(delta):
    return [{"op": "text", "delta": delta}]


class Viewer(Device):
    """Keeps each stream's text as the protocol tells: deltas in order, a watch over a gap."""

    def __init__(self, *args):
        super().__init__(*args)
        self.position, self.text, self.ended, self.watching = {}, {}, {}, set()

    def take(self, frame):
        super().take(frame)
        data = frame.get("data") or {}
        if frame["type"] == "stream.delta":
            stream, k = data["stream_id"], self.position.get(data["stream_id"], 0)
            assert stream not in self.ended, "a delta after the end"
            if data["from"] == k + 1:
                self.text[stream] = self.text.get(stream, "") + "".join(op.get("delta", "") for op in data["ops"] if op["op"] == "text")
                self.position[stream] = data["n"]
                self.watching.discard(stream)
            elif data["n"] > k and stream not in self.watching:
                self.watching.add(stream)
                asyncio.ensure_future(self.watch(stream))
        elif frame["type"] == "stream.snapshot":
            if data["n"] >= self.position.get(data["stream_id"], 0):
                self.position[data["stream_id"]], self.text[data["stream_id"]] = data["n"], data["content"]["text"]
            self.watching.discard(data["stream_id"])
        elif frame["type"] == "message.updated" and data["message"]["stream_id"] and data["message"]["is_end"]:
            self.ended[data["message"]["message_id"]] = data["message"]

    async def watch(self, stream):
        try:
            await self.do("stream.watch", {"stream_id": stream, "n": self.position.get(stream, 0)})
        except ConnectionError:
            pass


async def producer(server, user="bot"):
    return await Device(server, user).connect()


def run(coroutine):
    asyncio.run(coroutine)


def test_everybody_sees_the_text_grow_and_its_end(shared_server):
    server = shared_server
    group = server.group("bot", ["v1", "v2"])

    async def whole():
        bot = await producer(server)
        viewers = [await Viewer(server, u).connect() for u in ("v1", "v1", "v2")]
        started = await bot.do("stream.start", {"conversation_id": group, "client_msg_id": "s1"})
        stream = started["stream_id"]
        assert started["lease_ms"] == 30_000 and started["seq"] == 1
        again = await bot.do("stream.start", {"conversation_id": group, "client_msg_id": "s1"})
        assert again["stream_id"] == stream
        pieces = ["你好，", "world", " 😀", "\n```c\nint x;\n```"]
        for n, piece in enumerate(pieces, 1):
            assert (await bot.do("stream.append", {"stream_id": stream, "n": n, "ops": text_op(piece)}))["n"] == n
        assert (await bot.do("stream.append", {"stream_id": stream, "n": 2, "ops": text_op("repeat")}))["n"] == 2
        gap = await bot.ask("stream.append", {"stream_id": stream, "n": 9, "ops": text_op("x")})
        assert gap["error"]["code"] == "stream_gap" and gap["error"]["expect"] == 5
        # Read in the middle: what was written so far.
        loop = asyncio.get_running_loop()
        read = lambda: server.call("v1", "GET", f"/messages/{group}/{stream}")["message"]
        middle = await loop.run_in_executor(None, read)
        assert middle["status"] == "streaming" and middle["content"]["text"] == "".join(pieces) and middle["chunk_index"] == 4 and not middle["is_end"]
        late = await Viewer(server, "v2").connect()
        await late.do("stream.watch", {"stream_id": stream, "n": 0})
        await bot.do("stream.append", {"stream_id": stream, "n": 5, "ops": [{"op": "reasoning", "delta": "hm"}, {"op": "tool_call", "call_id": "1", "name": "f", "arguments": {"a": 1}},
                                                                         {"op": "tool_result", "call_id": "1", "result": [1], "is_error": False}, {"op": "status", "text": "busy"}]})
        await bot.do("stream.append", {"stream_id": stream, "n": 6, "ops": text_op("!")})
        await bot.do("stream.end", {"stream_id": stream, "status": "complete", "usage": {"tokens": 7}})
        await asyncio.sleep(0.3)
        whole_text = "".join(pieces) + "!"
        for viewer in [*viewers, late]:
            assert viewer.text[stream] == whole_text and viewer.position[stream] == 6
            content = viewer.ended[stream]["content"]
            assert content["text"] == whole_text and content["outcome"] == "complete" and content["usage"] == {"tokens": 7}
            assert [p["type"] for p in content["parts"]] == ["text", "reasoning", "tool_call", "tool_result", "text"]
            assert viewer.ended[stream]["status"] == "sent" and viewer.ended[stream]["chunk_index"] == 6
        for kind, data in (("stream.append", {"n": 7, "ops": text_op("late")}), ("stream.end", {}), ("stream.cancel", {})):
            assert (await bot.ask(kind, {"stream_id": stream, **data}))["error"]["code"] == "stream_ended"
        after = await Viewer(server, "v1").connect()
        await after.do("stream.watch", {"stream_id": stream, "n": 0})
        await asyncio.sleep(0.1)
        assert after.text[stream] == whole_text
        for device in [bot, *viewers, late, after]:
            await device.close()

    run(whole())


def test_hostile_producers_get_clear_errors(shared_server):
    server = shared_server
    group = server.group("bot2", ["w1"])
    server.direct("w1", "outsider")

    async def whole():
        bot, member, outsider = [await producer(server, u) for u in ("bot2", "w1", "outsider")]
        stream = (await bot.do("stream.start", {"conversation_id": group}))["stream_id"]
        code = lambda reply: reply.get("error", {}).get("code", "ack")
        ask = lambda who, ops, n=1, s=stream: who.ask("stream.append", {"stream_id": s, "n": n, "ops": ops})
        assert code(await ask(member, text_op("x"))) == "forbidden"
        assert code(await ask(outsider, text_op("x"))) == "not_found"
        assert code(await ask(bot, text_op("x"), s="msg_nope")) == "not_found"
        for ops in ([], [{"op": "text"}], [{"op": "nope", "delta": "x"}], [{"op": "tool_call", "call_id": "1"}], "text", text_op("x") * 101):
            assert code(await ask(bot, ops)) == "invalid_request", ops
        assert code(await ask(bot, text_op("x"), n=0)) == "invalid_request"
        n, refused = 0, None
        while not refused:
            reply = await ask(bot, text_op("y" * 100_000), n + 1)
            n, refused = (n + 1, None) if reply["type"] == "ack" else (n, code(reply))
            assert n <= 6
        assert refused == "too_large" and n == 5
        assert code(await member.ask("stream.end", {"stream_id": stream, "status": "complete"})) == "forbidden"
        assert code(await member.ask("stream.cancel", {"stream_id": stream})) == "ack"
        for device in (bot, member, outsider):
            await device.close()

    run(whole())


def test_the_http_form_starts_appends_and_ends(shared_server):
    server = shared_server
    conversation = server.direct("h_bot", "h_user")
    chunk = lambda text, end=False, **more: server.call("h_bot", "POST", "/messages/stream", {
        "conversation_id": conversation, "chunk": text, "stream_end": end, "client_msg_id": "http-1", **more})["message"]
    assert chunk("one ", chunk_index=1)["status"] == "streaming"
    assert chunk("one ", chunk_index=1)["content"]["text"] == "one "
    assert chunk("two ", chunk_index=2)["chunk_index"] == 2
    done = chunk("three", True, chunk_index=3)
    assert done["status"] == "sent" and done["content"]["text"] == "one two three" and done["is_end"]
    assert chunk("three", True, chunk_index=3)["content"]["text"] == "one two three", "a retry is safe"
    assert server.call("h_bot", "POST", "/messages/stream", {"conversation_id": conversation, "chunk": "x", "client_msg_id": "http-1"}, expect=409)["code"] == "stream_ended"
    assert server.call("h_user", "GET", f"/conversations/{conversation}")["last_seq"] == 1


def test_cancel_races_with_append_and_end(shared_server):
    """Nothing is committed or shown after the cancel, in 200 rounds: by another user's devices on both workers, also right
    after a reload, while the writer appends and in every other round ends."""
    server = shared_server
    group = server.group("bot3", ["c1", "c2"])

    async def whole():
        bot = await producer(server, "bot3")
        cancellers, viewer = [await Viewer(server, "c1").connect() for _ in range(4)], await Viewer(server, "c2").connect()
        outcomes = set()
        for number in range(200):
            which = number % len(cancellers)
            if number % 10 == 9:
                await cancellers[which].close()
                cancellers[which] = await Viewer(server, "c1").connect()
            canceller = cancellers[which]
            stream = (await bot.do("stream.start", {"conversation_id": group}))["stream_id"]
            acknowledged = 0

            async def write():
                nonlocal acknowledged
                for n in range(1, 8):
                    reply = await bot.ask("stream.append", {"stream_id": stream, "n": n, "ops": text_op(f"{n},")})
                    if reply["type"] != "ack":
                        assert reply["error"]["code"] == "stream_ended"
                        return
                    acknowledged = n
                if number % 2:
                    await bot.ask("stream.end", {"stream_id": stream, "status": "complete"})

            async def cancel():
                await asyncio.sleep(random.uniform(0, 0.01))
                return await canceller.ask("stream.cancel", {"stream_id": stream})

            _, reply = await asyncio.gather(write(), cancel())
            assert reply["type"] == "ack" or reply["error"]["code"] == "stream_ended"
            for _ in range(1000 * SLOW):
                if all(stream in each.ended for each in (viewer, *cancellers)):
                    break
                await asyncio.sleep(0.01)
            outcomes.add((reply["type"], viewer.ended[stream]["content"]["outcome"]))
            for each in (viewer, *cancellers):
                content = each.ended[stream]["content"]
                assert content["outcome"] == ("cancelled" if reply["type"] == "ack" else "complete")
                assert content["text"] == "".join(f"{n}," for n in range(1, acknowledged + 1))
                assert content["text"].startswith(each.text.get(stream, ""))
        assert ("ack", "cancelled") in outcomes
        for device in (bot, *cancellers, viewer):
            await device.close()

    run(whole())
    for message in server.history("c2", group):
        assert message["is_end"] and message["status"] == "sent"


def test_without_its_writer_a_stream_ends_within_its_lease(server):
    group = server.group("bot5", ["l1"])

    async def begin():
        bot = await producer(server, "bot5")
        kept, lost = [(await bot.do("stream.start", {"conversation_id": group}))["stream_id"] for _ in range(2)]
        for stream in (kept, lost):
            await bot.do("stream.append", {"stream_id": stream, "n": 1, "ops": text_op("half an ans")})
        return bot, kept, lost

    async def whole():
        bot, kept, lost = await begin()
        bot.cut()
        server.kill()
        server.start()
        bot, viewer = await producer(server, "bot5"), await Viewer(server, "l1").connect()
        for _ in range(40):
            await asyncio.sleep(1)
            await bot.do("ping", {"stream_ids": [kept]})
            if lost in viewer.ended:
                break
        content = viewer.ended[lost]["content"]
        assert content["text"] == "half an ans" and content["outcome"] == "interrupted"
        assert kept not in viewer.ended
        await bot.do("stream.end", {"stream_id": kept, "status": "complete"})
        await bot.close()
        await viewer.close()

    run(whole())
