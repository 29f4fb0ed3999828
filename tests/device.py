"""A device: one user's connection that keeps its own copy of every conversation, as the protocol tells clients to."""

import asyncio
import contextlib
import itertools
import json

import websockets

from harness import token


class Broken(AssertionError):
    """The server broke a promise of the protocol."""


class Device:
    def __init__(self, server, user, tenant=None):
        self.server, self.user, self.tenant = server, user, tenant
        self.socket = None
        self.hello = None
        self.ids = itertools.count(1)
        self.waiting = {}
        self.rev, self.epoch, self.messages = {}, {}, {}  # by conversation
        self.events = []      # those that change no log: receipts, me.updated, typing …
        self.keep_events = False
        self.missed = set()
        self.closed_code = None
        self.reader = None
        self.live = asyncio.Event()

    async def connect(self):
        self.socket = await websockets.connect(self.server.ws_url, subprotocols=["bearer", token(self.user, self.tenant)],
                                               max_size=8 << 20, max_queue=None, ping_interval=None, close_timeout=2)
        self.hello = json.loads(await asyncio.wait_for(self.socket.recv(), 30))
        assert self.hello["type"] == "hello", self.hello
        self.reader = asyncio.create_task(self.read())
        return self

    async def read(self):
        try:
            async for text in self.socket:
                self.take(json.loads(text))
        except websockets.ConnectionClosed:
            pass
        finally:
            self.closed_code = self.socket.close_code
            self.live.clear()
            waiting, self.waiting = self.waiting, {}
            for each in waiting.values():
                if not each.done():
                    each.set_exception(ConnectionError("closed"))
                    each.exception()  # whoever waits gets it; nobody may

    def take(self, frame):
        kind, data = frame["type"], frame.get("data")
        if kind in ("ack", "error") and "id" in frame:
            waiting = self.waiting.pop(frame["id"])
            if not waiting.done():
                waiting.set_result(frame)
        elif data and "after" in data:
            self.apply(data["conversation_id"], data["rev"], data["after"], kind, data)
        if self.keep_events:
            self.events.append(frame)

    def apply(self, conversation, rev, after, kind, data):
        position = self.rev.get(conversation)
        if kind == "conversation.created":
            self.rev[conversation] = max(position or 0, rev)
            self.epoch[conversation] = data["conversation"]["epoch"]
            self.messages.setdefault(conversation, {})
            return
        if position is not None and rev <= position:
            return
        if position is None or after > position:
            if not self.live.is_set():
                self.missed.add(conversation)  # the sync under way may have read before this change
                return
            if position is None:
                return
            raise Broken(f"{self.user}: a hole in {conversation}: at {position}, got rev {rev} after {after}")
        self.rev[conversation] = rev
        if "message" in data:
            self.put(conversation, data["message"])

    def put(self, conversation, message):
        log = self.messages.setdefault(conversation, {})
        known = log.get(message["message_id"])
        if known and known["rev"] > message["rev"]:
            return
        log[message["message_id"]] = message

    async def ask(self, kind, data, timeout=60):
        """The whole reply: an ack or an error."""
        name = str(next(self.ids))
        waiting = self.waiting[name] = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps({"type": kind, "id": name, "data": data}))
        return await asyncio.wait_for(waiting, timeout)

    async def do(self, kind, data):
        reply = await self.ask(kind, data)
        assert reply["type"] == "ack", reply
        return reply["data"]

    async def catch_up(self, conversations):
        """Sync from the own positions until nothing is missing; then the pushes keep the copy up to date."""
        for conversation in conversations:
            self.rev.setdefault(conversation, 0)
        behind = list(conversations)
        while behind:
            self.missed.clear()
            named = [{"conversation_id": c, "rev": self.rev[c], **({"epoch": self.epoch[c]} if c in self.epoch else {})} for c in behind[:500]]
            reply = await self.do("sync", {"conversations": named})
            again = []
            for part in reply["conversations"]:
                c = part["conversation_id"]
                if part.get("removed"):
                    self.rev.pop(c, None)
                    continue
                if part.get("reset"):
                    await self.start_over(c)
                    again.append(c)
                    continue
                if "complete" not in part:
                    again.append(c)
                    continue
                self.epoch[c] = part["epoch"]
                for message in part["messages"]:
                    self.put(c, message)
                self.rev[c] = max(self.rev[c], part["rev"])
                if not part["complete"]:
                    again.append(c)
            behind = list({*again, *self.missed})
        self.live.set()

    async def start_over(self, conversation):
        """A reset: drop the copy and page through the history."""
        loop = asyncio.get_running_loop()
        view = await loop.run_in_executor(None, lambda: self.server.call(self.user, "GET", f"/conversations/{conversation}", tenant=self.tenant))
        history = await loop.run_in_executor(None, lambda: self.server.history(self.user, conversation))
        self.messages[conversation] = {m["message_id"]: m for m in history}
        self.epoch[conversation], self.rev[conversation] = view["epoch"], view["rev"]

    def cut(self):
        """The connection is gone without a word."""
        if self.socket and self.socket.transport:
            self.socket.transport.abort()

    async def close(self):
        if self.reader:
            with contextlib.suppress(Exception):
                await self.socket.close()
            await asyncio.wait([self.reader], timeout=5)
            if self.reader.done() and self.reader.exception():
                raise self.reader.exception()
