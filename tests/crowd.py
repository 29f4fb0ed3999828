"""Very many viewers of one stream in one process: a WebSocket client that does only what watching needs, so that the server
and not Python is what a crowd measures."""

import asyncio
import base64
import hashlib
import json
import os
import random
import struct

from harness import token


class Viewer(asyncio.Protocol):
    """One user's view of one stream; connections come and go, the view stays. Follows the protocol: a delta that continues
    is applied, an old one ignored, everything else asks for what is missing."""

    def __init__(self, crowd, user):
        self.crowd, self.user = crowd, user
        self.transport, self.buffer, self.upgraded = None, bytearray(), False
        self.n, self.pieces, self.watching, self.end = 0, [], False, None
        self.delta_bytes, self.deltas, self.watches, self.connections = 0, 0, 0, 0
        self.live = asyncio.Event()

    async def connect(self):
        self.buffer, self.upgraded, self.watching = bytearray(), False, False
        self.live.clear()
        self.connections += 1
        await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", self.crowd.port)
        await asyncio.wait_for(self.live.wait(), 60)

    def connection_made(self, transport):
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(f"GET /api/aiim/ws HTTP/1.1\r\nHost: crowd\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
                        f"Authorization: Bearer {self.crowd.token_of(self.user)}\r\n\r\n".encode())

    def connection_lost(self, _):
        self.transport = None

    def cut(self):
        """Without a word."""
        if self.transport:
            self.transport.abort()
            self.transport = None

    def send(self, kind, data):
        self.write(0x81, json.dumps({"type": kind, "id": "w", "data": data}).encode())

    def write(self, first, payload):
        head = struct.pack(">BB", first, 0x80 | len(payload)) if len(payload) < 126 else struct.pack(">BBH", first, 0x80 | 126, len(payload))
        self.transport.write(head + b"\0\0\0\0" + payload)  # masked with zeros

    def data_received(self, data):
        self.buffer += data
        if not self.upgraded:
            head, found, rest = self.buffer.partition(b"\r\n\r\n")
            if not found:
                return
            assert head.startswith(b"HTTP/1.1 101 "), head
            self.buffer, self.upgraded = bytearray(rest), True
        at, size = 0, len(self.buffer)
        while size - at >= 2:
            length, header = self.buffer[at + 1], 2
            if length == 126 and size - at >= 4:
                length, header = int.from_bytes(self.buffer[at + 2:at + 4], "big"), 4
            elif length == 127 and size - at >= 10:
                length, header = int.from_bytes(self.buffer[at + 2:at + 10], "big"), 10
            elif length >= 126:
                break
            if size - at < header + length:
                break
            if self.buffer[at] == 0x81:
                self.take(json.loads(self.buffer[at + header:at + header + length]), header + length)
            elif self.buffer[at] == 0x89:  # a ping: who does not answer is taken for dead
                self.write(0x8A, bytes(self.buffer[at + header:at + header + length]))
            at += header + length
        del self.buffer[:at]

    def take(self, frame, size):
        kind, data = frame["type"], frame.get("data", {})
        if kind == "hello":
            self.live.set()
            if self.crowd.stream and not self.end:
                self.watch()
        elif kind == "error":
            self.crowd.problems.append((self.user, frame))
        elif data.get("stream_id") == self.crowd.stream and kind == "stream.delta":
            self.delta_bytes, self.deltas = self.delta_bytes + size, self.deltas + 1
            if self.end:
                self.crowd.problems.append((self.user, "a delta after the end"))
            if data["from"] == self.n + 1:
                self.pieces += [op["delta"] for op in data["ops"]]
                self.n, self.watching = data["n"], False
            elif data["n"] > self.n and not self.watching:
                self.watch()
        elif data.get("stream_id") == self.crowd.stream and kind == "stream.snapshot":
            self.n, self.pieces, self.watching = data["n"], [data["content"]["text"]], False
            if "outcome" in data["content"]:
                self.end = data["content"]
        elif kind == "message.updated" and data["message"]["message_id"] == self.crowd.stream and data["message"]["is_end"]:
            self.end = data["message"]["content"]

    @property
    def text(self):
        return "".join(self.pieces)

    def watch(self):
        """From where it stands; once the end may have come while it was away, for the whole."""
        self.watching, self.watches = True, self.watches + 1
        self.send("stream.watch", {"stream_id": self.crowd.stream, "n": 0 if self.crowd.over else self.n})


class Crowd:
    def __init__(self, server, group, users):
        self.port, self.group, self.stream, self.over = server.port, group, None, False
        self.tokens, self.problems, self.seconds = {}, [], 0
        self.viewers = [Viewer(self, user) for user in users]

    def token_of(self, user):
        if user not in self.tokens:
            self.tokens[user] = token(user, ttl=7200)
        return self.tokens[user]

    async def come(self, viewers, at_once=50):
        for first in range(0, len(viewers), at_once):
            await asyncio.gather(*(v.connect() for v in viewers[first:first + at_once]))

    async def restless(self, viewers, until):
        """Each cuts its connection or leaves again and again, and comes back after a while."""
        async def one(viewer):
            while not until.is_set():
                await asyncio.sleep(random.uniform(1, 6))
                viewer.cut()
                await asyncio.sleep(random.uniform(0, 2))
                await viewer.connect()
        await asyncio.gather(*(one(v) for v in viewers))

    def leave(self):
        for viewer in self.viewers:
            viewer.cut()


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


async def until(true, seconds, what):
    end = asyncio.get_running_loop().time() + seconds
    while not true():
        assert asyncio.get_running_loop().time() < end, what if isinstance(what, str) else what()
        await asyncio.sleep(0.05)


def gather(server, writer, size):
    """A group of a writer and `size` viewers."""
    users = [f"crowd{i}" for i in range(size)]
    group = server.group(writer, users[:99])
    for first in range(99, size, 100):
        server.call(writer, "POST", f"/conversations/{group}/members", {"user_ids": users[first:first + 100]})
    return Crowd(server, group, users)


async def show(crowd, writer, seconds, per_second=20, bytes_each=185):
    """The writer (a Device) streams; half of the crowd watches steadily, a quarter is restless, a quarter comes late. Returns
    the text and the steady viewers, once everybody has the whole."""
    size = len(crowd.viewers)
    steady, restless, late = crowd.viewers[:size // 2], crowd.viewers[size // 2:size * 3 // 4], crowd.viewers[size * 3 // 4:]
    await crowd.come(steady + restless)
    crowd.stream = (await writer.do("stream.start", {"conversation_id": crowd.group}))["stream_id"]
    over, loop = asyncio.Event(), asyncio.get_running_loop()
    coming = asyncio.create_task(come_late(crowd, late, seconds))
    moving = asyncio.create_task(crowd.restless(restless, over))
    pieces, begun = [], loop.time()
    for n in range(1, int(seconds * per_second) + 1):
        await asyncio.sleep(max(0, begun + n / per_second - loop.time()))
        pieces.append(f"{n:06d} 流 ".ljust(bytes_each - 2, "abcdefghij"[n % 10]))
        await writer.do("stream.append", {"stream_id": crowd.stream, "n": n, "ops": [{"op": "text", "delta": pieces[-1]}]})
    crowd.seconds = round(loop.time() - begun, 1)
    await coming
    over.set()
    crowd.over = True
    await writer.do("stream.end", {"stream_id": crowd.stream, "status": "complete"})
    await moving
    text = "".join(pieces)
    await until(lambda: all(v.end and v.n == len(pieces) for v in crowd.viewers), 120,
                lambda: f"not at the end: {[(v.user, v.n, bool(v.end), v.transport) for v in crowd.viewers if not v.end or v.n != len(pieces)][:5]}")
    return text, steady


async def come_late(crowd, late, seconds):
    for viewer in late:
        await viewer.connect()
        await asyncio.sleep(seconds / len(late) / 2)


def check(crowd, text, steady):
    """Everybody has the same; the steady ones paid for the text and little more. Returns what to report."""
    assert not crowd.problems, crowd.problems[:5]
    wanted = digest(text)
    assert {digest(v.text) for v in crowd.viewers} == {wanted}
    assert {digest(v.end["text"]) for v in crowd.viewers} == {wanted}
    ratios = sorted(v.delta_bytes / len(text.encode()) for v in steady)
    assert all(v.watches == 0 and v.connections == 1 for v in steady)
    return {"viewers": len(crowd.viewers), "seconds": crowd.seconds, "text_bytes": len(text.encode()), "bytes_per_text_byte_max": round(ratios[-1], 3),
            "deltas_per_viewer": steady[0].deltas, "connections": sum(v.connections for v in crowd.viewers),
            "watches": sum(v.watches for v in crowd.viewers), "sha256": wanted}
