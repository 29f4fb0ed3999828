"""Every device ends with exactly the store's log, whatever happens to its connection."""

import asyncio
import random
import time


from device import Device
from harness import SLOW

GROUP_SENDERS = 8
DEVICES_EACH = 3
MESSAGES = 20_000
IN_GROUP = 4_000


class World:
    """The group, the direct conversations, and what was acknowledged when."""

    def __init__(self, server):
        self.server = server
        self.users = [f"user{i}" for i in range(GROUP_SENDERS)]
        self.group = server.group(self.users[0], self.users[1:])
        pairs = [(a, b) for i, a in enumerate(self.users) for b in self.users[i + 1:]]
        others = [(u, f"friend{n}") for n, u in enumerate(self.users * 3)]
        self.directs = {server.direct(a, b): (a, b) for a, b in (pairs + others)[:50]}
        assert len(self.directs) == 50
        self.sends = []  # (begun, acknowledged, conversation, seq, message_id)
        self.left = MESSAGES

    def of(self, user):
        return [self.group] + [c for c, pair in self.directs.items() if user in pair]


async def keep_connected(device, world, chaos):
    """Connects, catches up, and is cut at random until told to stop."""
    while not chaos.is_set():
        try:
            await device.connect()
            await device.catch_up(world.of(device.user))
            lifetime = random.uniform(0.5, 6)
            done, _ = await asyncio.wait([device.reader, asyncio.create_task(chaos.wait())], timeout=lifetime,
                                         return_when=asyncio.FIRST_COMPLETED)
            if device.reader in done:
                device.reader.result()  # a broken promise is raised here
            if not chaos.is_set():
                device.cut()
                await asyncio.wait([device.reader], timeout=5)
                device.reader.result()
        except (ConnectionError, OSError, asyncio.TimeoutError):
            await asyncio.sleep(0.02)


async def send_all(device, world, counter):
    """Sends with retries: a send without an answer is repeated under the same client_msg_id."""
    own = world.of(device.user)
    while True:
        number = next(counter, None)
        if number is None:
            return
        conversation = world.group if number < IN_GROUP else random.choice(own[1:])
        data = {"conversation_id": conversation, "type": "text", "content": {"text": f"message {number}"}, "client_msg_id": f"m{number}"}
        begun = time.monotonic()  # of the first try: it may have arrived although its answer was lost
        while True:
            try:
                await asyncio.wait_for(device.live.wait(), 60 * SLOW)
                reply = await device.ask("send_message", data)
                assert reply["type"] == "ack", reply
                world.sends.append((begun, time.monotonic(), conversation, reply["data"]["seq"], reply["data"]["message_id"]))
                break
            except ConnectionError:
                await asyncio.sleep(0.01)
            except Exception as closed:  # websockets' own
                if "Connection" not in type(closed).__name__:
                    raise
                await asyncio.sleep(0.01)


def check_order(world):
    """Acknowledged before another began: the smaller seq."""
    by_conversation = {}
    for send in world.sends:
        by_conversation.setdefault(send[2], []).append(send)
    for sends in by_conversation.values():
        sends.sort(key=lambda s: s[0])
        acknowledged = sorted(sends, key=lambda s: s[1])
        highest, at = 0, 0
        for begun, _, _, seq, _ in sends:
            while at < len(acknowledged) and acknowledged[at][1] < begun:
                highest = max(highest, acknowledged[at][3])
                at += 1
            assert seq > highest, "a message was numbered below one that was acknowledged before it was sent"


async def run(server):
    world = World(server)
    devices = [Device(server, user) for user in world.users for _ in range(DEVICES_EACH)]
    chaos = asyncio.Event()
    keepers = [asyncio.create_task(keep_connected(d, world, chaos)) for d in devices]
    counter = iter(range(MESSAGES))
    senders = [asyncio.create_task(send_all(d, world, counter)) for d in devices for _ in range(6)]
    watch = asyncio.gather(*senders)
    finished, _ = await asyncio.wait([watch, *keepers], return_when=asyncio.FIRST_COMPLETED, timeout=400 * SLOW)
    assert watch in finished, [k.exception() for k in keepers if k.done()] or "not finished in time"
    watch.result()
    chaos.set()
    await asyncio.gather(*keepers)
    for device in devices:
        await device.close()
        await device.connect()
        await device.catch_up(world.of(device.user))
    return world, devices


def test_twenty_thousand_messages_over_cut_connections_reach_every_device_once_and_in_order(server):
    async def whole():
        world, devices = await run(server)
        try:
            loop = asyncio.get_running_loop()
            total = 0
            for conversation in [world.group, *world.directs]:
                reader = world.users[0] if conversation == world.group else world.directs[conversation][0]
                log = await loop.run_in_executor(None, server.history, reader, conversation)
                total += len(log)
                assert [m["seq"] for m in log] == list(range(1, len(log) + 1)), "seq is not gapless"
                keys = [m["client_msg_id"] for m in log]
                assert len(set(keys)) == len(keys), "a message is there twice"
                for device in devices:
                    if conversation in device.messages and conversation in world.of(device.user):
                        copy = sorted(device.messages[conversation].values(), key=lambda m: m["seq"])
                        assert [(m["seq"], m["message_id"], m["rev"], m["content"]) for m in copy] == \
                               [(m["seq"], m["message_id"], m["rev"], m["content"]) for m in log], \
                               f"{device.user}'s copy of {conversation} differs"
            assert total == MESSAGES
            assert {s[4] for s in world.sends} == {m["message_id"] for m in
                                                   [m for d in devices for log in d.messages.values() for m in log.values()]}
            check_order(world)
        finally:
            for device in devices:
                await device.close()
    asyncio.run(whole())
