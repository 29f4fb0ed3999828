"""Backup beside a serving server, and the way back: nothing acknowledged before it is missing, and clients start over."""

import asyncio
import json
import threading

import pytest
from device import Device
from harness import Server
from raw import RawSocket

USERS = ("ann", "ben", "cho")


class Writers:
    """Keeps writing to conversations until told to stop; `acked` is what was acknowledged, in order per conversation."""

    def __init__(self, server, conversations):
        self.server, self.acked, self.ends = server, {c: [] for c in conversations}, threading.Event()
        self.threads = [threading.Thread(target=self.write, args=(c,)) for c in conversations]
        for thread in self.threads:
            thread.start()

    def write(self, conversation):
        number = 0
        while not self.ends.is_set():
            number += 1
            sent = self.server.call(USERS[number % 3], "POST", "/messages", {
                "conversation_id": conversation, "type": "text", "content": {"text": f"{number} 你好 \\ \"\n\t", "extra": {"n": 1.5}},
                "client_msg_id": f"{conversation}-{number}"})
            self.acked[conversation].append(sent["message"]["message_id"])

    def counts(self):
        return {c: len(ids) for c, ids in self.acked.items()}

    def stop(self):
        self.ends.set()
        for thread in self.threads:
            thread.join()


@pytest.fixture(params=["sqlite to postgres", "postgres to sqlite", "sqlite to sqlite"])
def places(request, postgres):
    """A server's database, and an empty one of a kind of its own."""
    def url(kind):
        return "" if kind == "sqlite" else postgres.database(f"aiim_backup_{next(numbers)}")
    source, target = request.param.split(" to ")
    return url(source), url(target)


numbers = iter(range(1, 1000))


def restored(server, backup, *flags, expect=0):
    done = server.cli("restore", backup, "--data-dir", str(server.data), *flags)
    assert done.returncode == expect, done
    return done


def test_a_backup_of_a_busy_server_restores_whole_and_clients_start_over(places):
    source = Server(places[0]).start()
    target = Server(places[1])
    backup = str(source.dir / "backup")
    try:
        conversations = [source.group("ann", ["ben", "cho"]) for _ in range(3)]
        quiet = source.direct("ann", "ben")
        source.call("ann", "POST", "/messages", {"conversation_id": quiet, "type": "text", "content": "once"})
        source.call("ben", "POST", "/receipts/read", {"conversation_id": quiet, "seq": 1}, expect=204)
        source.call("ben", "PATCH", f"/conversations/{quiet}", {"pinned": True})

        async def whole():
            device = await Device(source, "ben").connect()
            await device.catch_up([*conversations, quiet])
            since = device.hello["data"]["sync_token"]
            writers = Writers(source, conversations)
            loop = asyncio.get_running_loop()
            try:
                while min(writers.counts().values()) < 30:
                    await asyncio.sleep(0.01)
                before = writers.counts()
                done = await loop.run_in_executor(None, lambda: source.cli("backup", backup, "--data-dir", str(source.data), "--json"))
                assert done.returncode == 0, done
                after = writers.counts()
                while min(len(ids) - after[c] for c, ids in writers.acked.items()) < 5:
                    await asyncio.sleep(0.01)
            finally:
                await loop.run_in_executor(None, writers.stop)
            assert (source.dir / "backup").stat().st_mode & 0o777 == 0o600
            while any(len(device.messages[c]) < len(ids) for c, ids in writers.acked.items()):
                await asyncio.sleep(0.01)
            old = dict(device.epoch)
            source.stop()
            summary = await loop.run_in_executor(None, lambda: restored(target, backup, "--json"))
            assert json.loads(summary.stdout)["sha256"] == json.loads(done.stdout)["sha256"]
            await loop.run_in_executor(None, target.start)

            # Everything acknowledged before the backup began is there, in its place, and nothing after a gap.
            for c, ids in writers.acked.items():
                history = await loop.run_in_executor(None, lambda c=c: target.history("ann", c))
                assert [m["seq"] for m in history] == list(range(1, len(history) + 1))
                assert before[c] <= len(history) <= len(ids)
                assert [m["message_id"] for m in history] == ids[:len(history)]
                assert history[0]["content"] == {"extra": {"n": 1.5}, "text": "1 你好 \\ \"\n\t"}

            # The device comes back with positions that no longer exist: each is reset, also through its old token alone.
            back = Device(target, "ben")
            back.rev, back.epoch, back.messages = device.rev, device.epoch, device.messages
            await back.connect()
            named = [{"conversation_id": c, "epoch": back.epoch[c], "rev": back.rev[c]} for c in [*conversations, quiet]]
            reply = await back.do("sync", {"conversations": named})
            assert [(part["reset"], part["reason"]) for part in reply["conversations"]] == [(True, "epoch")] * 4
            stubs = await back.do("sync", {"since": since, "conversations": []})
            assert {part["conversation_id"] for part in stubs["conversations"]} == {*conversations, quiet}
            assert all(part["epoch"] != old[part["conversation_id"]] for part in stubs["conversations"])
            await back.catch_up([*conversations, quiet])
            await loop.run_in_executor(None, lambda: target.call("cho", "POST", "/messages", {
                "conversation_id": conversations[0], "type": "text", "content": "after the restore"}))
            history = await loop.run_in_executor(None, lambda: target.history("ann", conversations[0]))
            while len(back.messages[conversations[0]]) < len(history):
                await asyncio.sleep(0.01)
            for c in [*conversations, quiet]:
                history = await loop.run_in_executor(None, lambda c=c: target.history("ben", c))
                assert sorted(back.messages[c]) == sorted(m["message_id"] for m in history)
            return writers

        writers = asyncio.run(whole())
        # A repeat is known, cursors and one's own settings are as they were.
        c, ids = next(iter(writers.acked.items()))
        repeat = target.call("ben", "POST", "/messages", {"conversation_id": c, "type": "text", "client_msg_id": f"{c}-1",
                                                          "content": {"text": "1 你好 \\ \"\n\t", "extra": {"n": 1.5}}})
        assert (repeat["duplicate"], repeat["message"]["message_id"]) == (True, ids[0])
        view = target.call("ben", "GET", f"/conversations/{quiet}")
        assert (view["pinned"], view["unread_count"]) == (True, 0)
        # Activity keeps its order.
        order = [c["conversation_id"] for c in target.call("ben", "GET", "/conversations")["conversations"]]
        assert order[0] == conversations[0] and order[-1] == quiet
    finally:
        source.close()
        target.close()


def test_a_restore_refuses_what_would_lose_something(server):
    conversation = server.direct("ann", "ben")
    server.call("ann", "POST", "/messages", {"conversation_id": conversation, "type": "text", "content": "before"})
    backup = server.dir / "backup"
    assert server.cli("backup", str(backup), "--data-dir", str(server.data)).returncode == 0
    again = server.cli("backup", str(backup), "--data-dir", str(server.data))
    assert again.returncode == 1 and "never overwrites" in again.stderr
    server.call("ann", "POST", "/messages", {"conversation_id": conversation, "type": "text", "content": "after"})

    # A server works on it.
    for flags in ([], ["--force"]):
        refused = restored(server, str(backup), *flags, expect=1)
        assert "in use" in refused.stderr and refused.stderr.count("\n") == 1, refused
    assert [m["content"]["text"] for m in server.history("ben", conversation)] == ["before", "after"]
    server.stop()

    # It holds something; the file is cut, changed, or no backup at all.
    assert "not empty" in restored(server, str(backup), expect=1).stderr
    whole = backup.read_bytes()
    for damaged in (whole[:-200], whole.replace(b"before", b"befere"), b"{}\n", whole + b"[]\n", b""):
        (server.dir / "damaged").write_bytes(damaged)
        assert "no whole backup" in restored(server, str(server.dir / "damaged"), "--force", expect=1).stderr
    server.start()
    assert len(server.history("ben", conversation)) == 2
    server.stop()

    restored(server, str(backup), "--force")
    server.start()
    assert [m["content"]["text"] for m in server.history("ben", conversation)] == ["before"]
    sent = server.call("ben", "POST", "/messages", {"conversation_id": conversation, "type": "text", "content": "goes on"})
    assert sent["message"]["seq"] == 2
    with RawSocket(server, "ben") as ben:
        assert ben.json()["type"] == "hello"
