"""Typing and presence: who is told what, how often, and what it costs."""

import asyncio
import collections
import contextlib
import json
import time

import pytest

from device import Device
from harness import SLOW, Server


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def quick(request):
    """A server on which people are gone, and idle, soon."""
    import conftest
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres").database(f"aiim_{next(conftest._databases)}")
    with running(url, AIIM_PRESENCE_GRACE_SECONDS="1", AIIM_AWAY_SECONDS="2") as one:
        yield one


@contextlib.contextmanager
def running(url="", **env):
    one = Server(url, **env)
    one.start()
    try:
        yield one
    finally:
        one.close()


async def online(server, *users):
    devices = [await Device(server, user).connect() for user in users]
    for device in devices:
        device.keep_events = True
    return devices


def told(device, kind, **wanted):
    return [e["data"] for e in device.events if e["type"] == kind and all(e["data"][k] == v for k, v in wanted.items())]


async def until(condition, seconds=20 * SLOW):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.02)


async def fence(device):
    """Everything that was told to this device before is here."""
    await device.do("ping", {})
    await asyncio.sleep(0.05)


async def close(*devices):
    for device in devices:
        await device.close()


def states(reply):
    return {p["user_id"]: p["state"] for p in reply["presence"]}


# Typing -----------------------------------------------------------------------------------------------------------------

def test_typing_reaches_the_other_members_and_the_own_other_devices_but_not_its_own(quick):
    group = quick.group("ty1", ["ty2"])

    async def whole():
        here, there, other, stranger = await online(quick, "ty1", "ty1", "ty2", "ty3")
        rev = (await other.do("sync", {"conversations": [{"conversation_id": group, "rev": 0}]}))["conversations"][0]["rev"]
        assert await here.do("typing", {"conversation_id": group, "state": "start"}) == {}
        for device in (there, other):
            await until(lambda d=device: told(d, "typing"))
            assert told(device, "typing") == [{"conversation_id": group, "user_id": "ty1", "state": "start"}]
        await here.do("typing", {"conversation_id": group, "state": "stop"})
        for device in (there, other):
            await until(lambda d=device: told(d, "typing", state="stop"))
        await fence(here)
        await fence(stranger)
        assert not told(here, "typing") and not told(stranger, "typing")
        again = await other.do("sync", {"conversations": [{"conversation_id": group, "rev": 0}]})
        assert again["conversations"][0]["rev"] == rev, "typing is no change of the conversation"
        await close(here, there, other, stranger)

    asyncio.run(whole())


def test_who_falls_silent_stopped_typing(quick):
    conversation = quick.direct("si1", "si2")

    async def whole():
        one, two = await online(quick, "si1", "si2")
        await one.do("typing", {"conversation_id": conversation, "state": "start"})
        await until(lambda: told(two, "typing", state="stop"))
        assert [e["state"] for e in told(two, "typing")] == ["start", "stop"]
        # Neither does a cut connection leave anybody typing.
        await one.do("typing", {"conversation_id": conversation, "state": "start"})
        await until(lambda: len(told(two, "typing")) == 3)
        one.cut()
        await until(lambda: len(told(two, "typing")) == 4)
        assert told(two, "typing")[-1]["state"] == "stop"
        await close(one, two)

    asyncio.run(whole())


def test_typing_that_is_said_again_and_again_is_told_seldom(quick):
    conversation = quick.direct("of1", "of2")

    async def whole():
        one, two = await online(quick, "of1", "of2")
        began = time.monotonic()
        for n in range(300):
            await one.do("typing", {"conversation_id": conversation, "state": "stop" if n % 3 == 2 else "start"})
        await fence(two)
        seconds = time.monotonic() - began
        starts, stops = (len(told(two, "typing", state=s)) for s in ("start", "stop"))
        assert 1 <= starts <= 2 + seconds and stops <= starts, (starts, stops, seconds)  # at most one per second
        await close(one, two)

    asyncio.run(whole())


def test_only_members_say_that_they_type(quick):
    conversation = quick.direct("me1", "me2")

    async def whole():
        one, stranger = await online(quick, "me1", "me3")
        for data in ({"conversation_id": conversation, "state": "start"}, {"conversation_id": "conv_nope", "state": "start"}):
            reply = await stranger.ask("typing", data)
            assert reply["error"]["code"] == "not_found", reply
        for data in ({"conversation_id": conversation, "state": "maybe"}, {"conversation_id": conversation}, {"state": "start"}):
            reply = await one.ask("typing", data)
            assert reply["type"] == "error" and reply["error"]["code"] == "invalid_request" or "state" not in data, reply
        await close(one, stranger)

    asyncio.run(whole())


def test_typing_is_limited_like_other_signals():
    with running(RATE_LIMIT_PER_SEC="5") as server:
        conversation = server.direct("rl1", "rl2")

        async def whole():
            one, = await online(server, "rl1")
            replies = [await one.ask("typing", {"conversation_id": conversation, "state": "start"}) for _ in range(120)]
            limited = [r for r in replies if r["type"] == "error"]
            assert limited and all(r["error"]["code"] == "rate_limited" and r["error"]["retry_after_ms"] > 0 for r in limited)
            await close(one)

        asyncio.run(whole())


# Presence ---------------------------------------------------------------------------------------------------------------

def test_presence_goes_through_its_states_and_last_seen_stays(quick):
    quick.direct("pr1", "pr2")

    async def whole():
        one, = await online(quick, "pr1")
        reply = await one.do("presence.watch", {"user_ids": ["pr2", "pr1"]})
        assert states(reply) == {"pr1": "online", "pr2": "offline"}
        two, = await online(quick, "pr2")
        await until(lambda: told(one, "presence", user_id="pr2", state="online"))
        assert told(one, "presence", user_id="pr2")[0]["last_seen"]
        await until(lambda: told(one, "presence", user_id="pr2", state="away"))  # nobody does anything
        await two.do("send_message", {"conversation_id": quick.direct("pr1", "pr2"), "content": "back"})
        await until(lambda: len(told(one, "presence", user_id="pr2", state="online")) == 2)
        await close(two)
        await until(lambda: told(one, "presence", user_id="pr2", state="offline"))
        seen = told(one, "presence", user_id="pr2", state="offline")[0]["last_seen"]
        assert seen
        again, = await online(quick, "pr1")
        async def kept():
            reply = await again.do("presence.watch", {"user_ids": ["pr2"]})
            return reply["presence"] == [{"user_id": "pr2", "state": "offline", "last_seen": seen}]
        for _ in range(100):
            if await kept():
                break
            await asyncio.sleep(0.1)
        assert await kept(), "last_seen is read from the database once nobody is there"
        await close(one, again)

    asyncio.run(whole())


def test_a_user_is_as_present_as_the_most_present_session(quick):
    quick.direct("ms1", "ms2")

    async def whole():
        one, = await online(quick, "ms1")
        await one.do("presence.watch", {"user_ids": ["ms2"]})
        phones = await online(quick, *["ms2"] * 4)  # on whichever worker
        await until(lambda: told(one, "presence", state="online"))
        for phone in phones:
            await phone.do("presence.set", {"state": "away"})
        await until(lambda: told(one, "presence", state="away"))
        await phones[2].do("presence.set", {"state": "online"})
        await until(lambda: len(told(one, "presence", state="online")) == 2)
        await close(*phones[:2], phones[3])
        await fence(one)
        assert not told(one, "presence", state="offline")
        await close(phones[2])
        await until(lambda: told(one, "presence", state="offline"))
        await close(one)

    asyncio.run(whole())


def test_who_reconnects_within_the_grace_shows_nothing():
    with running(AIIM_PRESENCE_GRACE_SECONDS="20") as server:
        server.direct("fl1", "fl2")

        async def whole():
            one, = await online(server, "fl1")
            await one.do("presence.watch", {"user_ids": ["fl2"]})
            for _ in range(10):
                two, = await online(server, "fl2")
                two.cut()
            two, = await online(server, "fl2")
            reply = await one.do("presence.watch", {"user_ids": ["fl2"]})
            assert states(reply) == {"fl2": "online"}
            await asyncio.sleep(0.5)
            assert [e["state"] for e in told(one, "presence")] in ([], ["online"]), "ten cuts, at most one event"
            await close(one, two)

        asyncio.run(whole())


def test_who_shares_no_conversation_is_offline_and_was_never_seen(quick):
    group = quick.group("sh1", ["sh2", "sh3"])

    async def whole():
        one, two, stranger = await online(quick, "sh1", "sh2", "sh4")
        reply = await one.do("presence.watch", {"user_ids": ["sh2", "sh4", "sh5"]})
        nobody = [{"user_id": u, "state": "offline", "last_seen": None} for u in ("sh4", "sh5")]
        assert reply["presence"][1:] == nobody and states(reply)["sh2"] == "online"
        # Once they share one, they see each other; removed from it, no more.
        await in_thread(quick.call, "sh1", "POST", f"/conversations/{group}/members", {"user_ids": ["sh4"]})
        await until(lambda: told(one, "presence", user_id="sh4", state="online"))
        await in_thread(quick.call, "sh1", "DELETE", f"/conversations/{group}/members/sh2", expect=204)
        await until(lambda: told(one, "presence", user_id="sh2", state="offline"))
        assert told(one, "presence", user_id="sh2", state="offline")[-1]["last_seen"] is None
        watching = await two.do("presence.watch", {"user_ids": ["sh1"]})
        assert states(watching) == {"sh1": "offline"}
        # Nor does anything of the past list come: not even when sh2 goes away and comes back.
        seen = len(told(one, "presence", user_id="sh2"))
        await two.do("presence.set", {"state": "away"})
        await two.do("presence.set", {"state": "online"})
        await asyncio.sleep(0.6)
        assert len(told(one, "presence", user_id="sh2")) == seen
        await close(one, two, stranger)

    asyncio.run(whole())


def test_each_watch_replaces_the_list_and_is_limited(quick):
    quick.group("rp0", ["rp1", "rp2"])

    async def whole():
        one, two = await online(quick, "rp0", "rp2")
        assert len((await one.do("presence.watch", {"user_ids": [f"u{n}" for n in range(500)]}))["presence"]) == 500
        for ids in ([f"u{n}" for n in range(501)], ["bad id"], "rp1", [7]):
            assert (await one.ask("presence.watch", {"user_ids": ids}))["error"]["code"] == "invalid_request"
        await one.do("presence.watch", {"user_ids": ["rp1"]})
        await two.do("presence.set", {"state": "away"})
        first, = await online(quick, "rp1")
        await until(lambda: told(one, "presence", user_id="rp1"))
        assert not told(one, "presence", user_id="rp2")
        assert (await one.do("presence.watch", {"user_ids": []}))["presence"] == []
        await close(first)
        await asyncio.sleep(2)
        assert not told(one, "presence", state="offline")
        await close(one, two)

    asyncio.run(whole())


def test_last_seen_outlives_the_server():
    server = Server(AIIM_PRESENCE_GRACE_SECONDS="1")
    server.start()
    try:
        server.direct("ls1", "ls2")

        async def come():
            two, = await online(server, "ls2")
            await two.close()

        async def ask():
            one, = await online(server, "ls1")
            reply = await one.do("presence.watch", {"user_ids": ["ls2"]})
            await one.close()
            return reply["presence"][0]

        asyncio.run(come())
        server.stop()
        server.start()
        seen = asyncio.run(ask())
        assert seen["state"] == "offline" and seen["last_seen"]
    finally:
        server.close()


# What it costs ----------------------------------------------------------------------------------------------------------

SESSIONS = 2000


async def in_thread(function, *args, **kwargs):
    return await asyncio.get_running_loop().run_in_executor(None, lambda: function(*args, **kwargs))


class Counting(Device):
    """Counts what it is told instead of keeping it."""

    def __init__(self, *args):
        super().__init__(*args)
        self.frames, self.bytes = collections.Counter(), collections.Counter()

    async def read(self):
        try:
            async for text in self.socket:
                kind = text[9:text.index('"', 9)]
                self.frames[kind] += 1
                self.bytes[kind] += len(text)
                if kind in ("ack", "error"):
                    self.take(json.loads(text))
        except Exception:
            pass


def test_typing_and_presence_of_two_thousand_sessions_stay_bounded():
    """Counts frames and bytes. 2,000 people in one group: all watch 100 of them, 300 type without end, 100 come and go."""
    with running(AIIM_PRESENCE_GRACE_SECONDS="1", AIIM_GROUP_MEMBERS_MAX="3000") as server:
        people = [f"b{n:04}" for n in range(SESSIONS)]
        group = server.group(people[0], people[1:101], "a crowd")
        for first in range(101, SESSIONS, 100):
            server.call(people[0], "POST", f"/conversations/{group}/members", {"user_ids": people[first:first + 100]})
        watched = people[:100]

        async def whole():
            loop_began = time.monotonic()
            devices = []
            for first in range(0, SESSIONS, 100):
                devices += await asyncio.gather(*(Counting(server, user).connect() for user in people[first:first + 100]))
            for first in range(0, SESSIONS, 100):
                await asyncio.gather(*(d.do("presence.watch", {"user_ids": watched}) for d in devices[first:first + 100]))
            for device in devices:
                device.frames.clear()
                device.bytes.clear()
            began = time.monotonic()
            for _ in range(6):
                await asyncio.gather(*(d.do("typing", {"conversation_id": group, "state": "start"}) for d in devices[-300:]))
                await asyncio.gather(*(d.do("typing", {"conversation_id": group, "state": "stop"}) for d in devices[-300:]))
            typed = time.monotonic() - began
            total = lambda kind: sum(d.frames[kind] for d in devices)
            # 3,600 were said. Each of two workers tells its thousand sessions of two `start` a second, and of one `stop`
            # for each, however long a slow machine takes.
            events = total("typing") / SESSIONS
            assert 0 < events <= 4 * (typed + 1), (events, typed)
            assert max(d.bytes["typing"] for d in devices) <= 4 * (typed + 1) * 2 * 160
            # The watched come and go five times within the grace: nobody is told. Then they leave.
            before = total("presence")
            for _ in range(5):
                for device in devices[:100]:
                    device.cut()
                devices[:100] = await asyncio.gather(*(Counting(server, user).connect() for user in watched))
            for device in devices[:100]:
                device.cut()
            rest = devices[100:]
            await until(lambda: all(d.frames["presence"] >= 100 for d in rest), 60 * SLOW)
            await fence(rest[0])
            most = max(d.frames["presence"] for d in rest)
            assert most <= 300, (most, before)  # offline once; a slow machine's cuts may outlast the grace
            assert max(d.bytes["presence"] for d in rest) <= most * 160
            assert all(set(d.frames) <= {"ack", "typing", "presence"} for d in rest)
            print(f"typing events per session: {events:.1f}; presence frames per session: {most}; "
                  f"seconds: {time.monotonic() - loop_began:.0f}")
            for device in devices:
                device.cut()
            await asyncio.gather(*(d.reader for d in devices), return_exceptions=True)

        asyncio.run(whole())
