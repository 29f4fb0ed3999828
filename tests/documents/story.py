#!/usr/bin/python3
"""Plays the story of the documents' examples against a real server.

assets/site/docs/examples.json holds steps: an operation, who asks, over what, what it takes, what it answers, and which
events reach whom. Ids, times, tokens and the like stand in it under sample names; the player keeps the pairs of sample and
real value. test_examples.py plays it and wants exactly what is written; after a change of the story or the protocol

    tests/documents/story.py BINARY      plays it and writes what the server answered
"""

import asyncio
import json
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))
FILE = ROOT / "assets" / "site" / "docs" / "examples.json"

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
ID = re.compile(r"(conv|msg|call|media|sess|req|key)_[0-9A-Za-z_-]{10,}")
OPAQUE = {"access_token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJjYXJvbCJ9.sample", "refresh_token": "refresh-token",
          "key": "aiim-key", "next_cursor": "cursor", "epoch": "epoch"}
FIXED = {"reconnect_after_ms": 1000, "user_agent": "curl/8.5.0"}


class Samples:
    """The pairs of a real value and the name it has in the documents."""

    def __init__(self):
        self.sample_of, self.real_of, self.counts = {}, {}, {}
        self.sync_token = "sync-token-1"  # of a hello; replies show the second

    def pair(self, real, kind, make):
        if real not in self.sample_of:
            self.counts[kind] = self.counts.get(kind, 0) + 1
            sample = make(self.counts[kind])
            self.sample_of[real], self.real_of[sample] = sample, real
        return self.sample_of[real]

    def text(self, field, value):
        if TIME.fullmatch(value):
            return "2026-11-23T05:40:35.120Z"
        if field == "sync_token":
            # A moment of the database's clock: two that follow each other may be the same, so their place names them.
            self.real_of.setdefault(self.sync_token, value)
            return self.sync_token
        if field in OPAQUE:
            return self.pair(value, field, lambda n: f"{OPAQUE[field]}-{n}")
        if match := ID.fullmatch(value):
            return self.pair(value, "id " + match[1], lambda n: f"{match[1]}_01k8q3m5x7z9b2d4f6h8j0n{n:03}")
        return self.sample_of.get(value, value)

    def recorded(self, value, field=""):
        """A real answer as the documents show it."""
        if field in FIXED:
            return FIXED[field]
        if isinstance(value, dict):
            return {key: self.recorded(each, key) for key, each in value.items()}
        if isinstance(value, list):
            return [self.recorded(each, field) for each in value]
        return self.text(field, value) if isinstance(value, str) else value

    def real(self, value):
        """A documented request as the server can understand it."""
        if isinstance(value, dict):
            return {key: self.real(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.real(each) for each in value]
        return self.real_of.get(value, value) if isinstance(value, str) else value


class Player:
    def __init__(self, server, table):
        self.server = server
        self.table = {row["name"]: row for row in table}
        self.samples = Samples()
        self.devices = {}
        self.tokens = {}
        self.events = {}

    async def device(self, user):
        """A connection that lives through the whole story and keeps the events it gets."""
        from device import Device
        if user not in self.devices:
            one = Device(self.server, user)
            one.keep_events = True
            await one.connect()
            self.devices[user] = one
            self.events.setdefault("hello", self.samples.recorded(one.hello["data"]))
        return self.devices[user]

    def bearer(self, user):
        from harness import token
        return self.tokens.get(user) or token(user)

    async def step(self, step):
        real = self.samples.real(step["request"])
        user = step.get("as", "")
        if step["over"] == "websocket":
            answer = await self.frame(user, self.table[step["operation"]]["ws"], real)
        else:
            answer = await asyncio.get_running_loop().run_in_executor(None, self.call, user, self.table[step["operation"]]["http"], real)
        if isinstance(answer, dict) and "access_token" in answer:
            self.tokens[answer["user"]["user_id"]] = answer["access_token"]
        played = {key: step[key] for key in ("operation", "over", "as", "request") if key in step}
        if answer is not None:
            played["reply"] = self.samples.recorded(answer)
        for reader, kinds in step.get("events", {}).items():
            for kind in kinds:
                data = await self.expect(reader, kind)
                self.events.setdefault(kind, self.samples.recorded(data))
        if "events" in step:
            played["events"] = step["events"]
        return played

    async def frame(self, user, kind, data):
        reply = await (await self.device(user)).ask(kind, data)
        assert reply["type"] == "ack", (kind, data, reply)
        return reply["data"]

    def call(self, user, http, fields):
        method, path = http.split(" ")
        for name in re.findall(r"{(\w+)}", path):
            from urllib.parse import quote
            path = path.replace("{%s}" % name, quote(str(fields[name]), safe=""))
            fields = {key: value for key, value in fields.items() if key != name}
        headers = {"Authorization": "Bearer " + self.bearer(user)} if user else {}
        body = None
        if method in ("POST", "PATCH", "PUT"):
            body = fields or None
        elif fields:
            from urllib.parse import urlencode
            path += "?" + urlencode({key: ",".join(value) if isinstance(value, list) else value for key, value in fields.items()})
        status, answer, _ = self.server.request(method, path, body, headers)
        assert status in (200, 204), (http, fields, status, answer)
        return answer if status == 200 else None

    async def expect(self, user, kind, seconds=30):
        """The next event of that kind; earlier ones of other kinds stay for their own turn."""
        one = await self.device(user)
        for _ in range(seconds * 100):
            for at, frame in enumerate(one.events):
                if frame["type"] == kind:
                    del one.events[at]
                    return frame["data"]
            await asyncio.sleep(0.01)
        raise AssertionError(f"{user} got no {kind}; only {[frame['type'] for frame in one.events]}")


async def play(server, story):
    """The story as the server tells it."""
    table = json.loads(server.cli("schema", "operations").stdout)
    player = Player(server, table)
    for user in story["online"]:
        await player.device(user)
    player.samples.sync_token = "sync-token-2"
    steps = [await player.step(step) for step in story["steps"]]
    await asyncio.get_running_loop().run_in_executor(None, server.stop)
    player.events["bye"] = player.samples.recorded(await player.expect(story["online"][0], "bye"))
    for each in player.devices.values():
        await each.close()
    return {"online": story["online"], "steps": steps, "events": dict(sorted(player.events.items()))}


def start(binary=None):
    from harness import BINARY, Server
    server = Server(binary=binary or BINARY, AIIM_REGISTRATION="true")
    server.start()
    added = server.cli("user", "add", "ada", "--admin", "--data-dir", str(server.data))
    assert added.returncode == 0, added.stderr
    return server


def text_of(story):
    return json.dumps(story, ensure_ascii=False, indent=1) + "\n"


def main():
    os.environ["AIIM_BINARY"] = str(pathlib.Path(sys.argv[1]).resolve())
    server = start()
    try:
        told = asyncio.run(play(server, json.loads(FILE.read_text())))
    finally:
        server.close()
    FILE.write_text(text_of(told))
    print(f"{len(told['steps'])} steps, {len(told['events'])} kinds of events")


if __name__ == "__main__":
    main()
