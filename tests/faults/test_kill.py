"""SIGKILL at fail points and at random moments: what was acknowledged is there, once, with its seq."""

import asyncio
import random
import time

import pytest

from device import Device
from harness import FAULTS_BINARY, SLOW, Server

USERS = [f"k{i}" for i in range(6)]
POINTS = ["before_commit", "after_commit", "after_publish", "before_ack"]


class Ledger:
    """What the clients know: every message they tried to send, and what they were told about it."""

    def __init__(self):
        self.tried = {}         # client_msg_id -> request
        self.acknowledged = {}  # client_msg_id -> (seq, message_id)
        self.count = 0

    def next(self, conversation):
        self.count += 1
        key = f"c{self.count}"
        self.tried[key] = {"conversation_id": conversation, "type": "text", "content": {"text": f"text {self.count}"}, "client_msg_id": key}
        return self.tried[key]

    def note(self, key, seq, message_id):
        known = self.acknowledged.setdefault(key, (seq, message_id))
        assert known == (seq, message_id), f"{key} was acknowledged as {known}, now as {(seq, message_id)}"

    def check(self, log):
        by_key = {}
        for message in log:
            assert message["client_msg_id"] not in by_key, "a message is there twice"
            by_key[message["client_msg_id"]] = (message["seq"], message["message_id"])
        assert [m["seq"] for m in log] == list(range(1, len(log) + 1)), "seq is not gapless"
        assert set(by_key) <= set(self.tried)
        for key, told in self.acknowledged.items():
            assert by_key.get(key) == told, f"{key} was acknowledged as {told}; the store has {by_key.get(key)}"


async def load(server, conversation, ledger, seconds):
    """Sends as fast as it is answered, over sockets and REST, until the server dies or the time is over."""
    end = time.monotonic() + seconds

    async def over_socket(user):
        try:
            device = await Device(server, user).connect()
        except Exception:
            return
        try:
            while time.monotonic() < end:
                requests = [ledger.next(conversation) for _ in range(4)]
                for request, reply in zip(requests, await asyncio.gather(*(device.ask("send_message", r, 20 * SLOW) for r in requests),
                                                                         return_exceptions=True)):
                    if isinstance(reply, BaseException):
                        return
                    if reply["type"] == "ack":
                        ledger.note(request["client_msg_id"], reply["data"]["seq"], reply["data"]["message_id"])
        finally:
            device.cut()
            if device.reader:
                await asyncio.wait([device.reader], timeout=5)

    def over_rest(user):
        while time.monotonic() < end:
            request = ledger.next(conversation)
            try:
                message = server.call(user, "POST", "/messages", request)["message"]
            except Exception:
                return
            ledger.note(request["client_msg_id"], message["seq"], message["message_id"])

    loop = asyncio.get_running_loop()
    await asyncio.gather(*(over_socket(u) for u in USERS), loop.run_in_executor(None, over_rest, USERS[0]))


@pytest.fixture
def faulty(database_url):
    # without the agent, which writes at every start: the first commit is then the test's
    server = Server(database_url, binary=FAULTS_BINARY, AIIM_ECHO_AGENT="false")
    server.start()
    yield server
    server.close()


def test_death_at_every_fail_point_loses_nothing_that_was_acknowledged(faulty):
    server = faulty
    conversation = server.group(USERS[0], USERS[1:])
    ledger = Ledger()
    for point in POINTS:
        for arrival in (1, 5, 40):
            server.stop()
            server.start(AIIM_FAIL_POINT=f"{point}:{arrival}")
            asyncio.run(load(server, conversation, ledger, 15 * SLOW))
            assert server.process.wait(20 * SLOW) == -9, f"{point}:{arrival} was not reached"
            server.start()
            ledger.check(server.history(USERS[0], conversation))
    assert len(ledger.acknowledged) > 100


def test_death_at_random_moments_under_load(server):
    conversation = server.group(USERS[0], USERS[1:])
    ledger = Ledger()

    async def one_life(moment):
        work = asyncio.create_task(load(server, conversation, ledger, 10 * SLOW))
        await asyncio.sleep(moment)
        server.kill()
        await work

    for _ in range(30):
        asyncio.run(one_life(random.uniform(0.02, 0.5)))
        server.start()
        ledger.check(server.history(USERS[0], conversation))
    assert len(ledger.acknowledged) > 300


def test_a_repeat_after_the_crash_is_the_same_message(faulty):
    server = faulty
    conversation = server.direct("crash_a", "crash_b")
    for number, point in enumerate(POINTS):
        server.stop()
        server.start(AIIM_FAIL_POINT=point)
        body = {"conversation_id": conversation, "type": "text", "content": {"text": point}, "client_msg_id": point}
        with pytest.raises(Exception):
            server.call("crash_a", "POST", "/messages", body)
        assert server.process.wait(20) == -9
        server.start()
        again = server.call("crash_a", "POST", "/messages", body)
        assert again["duplicate"] == (point != "before_commit"), point
        assert again["message"]["seq"] == number + 1
    assert len(server.history("crash_a", conversation)) == len(POINTS)


def test_a_restart_with_a_hundred_megabytes_takes_less_than_two_seconds(server):
    conversation = server.direct("big_a", "big_b")

    async def fill():
        device = await Device(server, "big_a").connect()
        text = "x" * 30_000
        for first in range(0, 3600, 60):
            await asyncio.gather(*(device.do("send_message", {"conversation_id": conversation, "type": "text", "content": {"text": f"{n} {text}"}})
                                   for n in range(first, first + 60)))
        await device.close()

    asyncio.run(fill())
    server.kill()  # with a write-ahead log to recover
    if not server.database_url:
        assert sum(f.stat().st_size for f in server.data.glob("aiim.db*")) > 100 << 20
    begun = time.monotonic()
    server.start()
    assert time.monotonic() - begun < 2 * SLOW
    assert server.call("big_a", "GET", f"/conversations/{conversation}")["last_seq"] == 3600
