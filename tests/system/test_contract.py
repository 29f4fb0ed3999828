"""Promises of the protocol that no other test shows: shapes, limits, and who is told what how often."""

import asyncio
import re
import time
import urllib.parse

import pytest

from device import Device
from harness import SLOW
from test_messaging import close, counts, events_of, in_thread, send, settled

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
CONVERSATION = {"conversation_id", "type", "name", "tenant_id", "created_at", "updated_at", "last_seq", "rev", "epoch", "member_count",
                "members", "last_message"}
OWN = {"role", "unread_count", "mention_count", "muted", "pinned"}
MESSAGE = {"message_id", "conversation_id", "sender_id", "type", "content", "reply_to", "client_msg_id", "created_at", "seq", "rev",
           "edited_at", "status", "stream_id", "chunk_index", "is_end", "reactions"}


async def until(condition, seconds=20 * SLOW):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.02)


def kinds(device, *wanted):
    return [e for e in device.events if e["type"] in wanted]


# §2: values ---------------------------------------------------------------------------------------------------------------

def test_every_field_is_there_null_when_empty_with_ids_and_times_of_one_form(shared_server):
    server = shared_server
    view = server.call("sh1", "POST", "/conversations", {"type": "group", "member_ids": ["sh2"]})
    assert set(view) >= CONVERSATION | OWN
    assert view["name"] is None and view["last_message"] is None and view["members"][0] == {
        "user_id": "sh1", "role": "owner", "joined_at": view["created_at"], "delivered_seq": 0, "read_seq": 0}
    message = send(server, "sh1", view["conversation_id"])
    assert set(message) >= MESSAGE
    assert [message[k] for k in ("reply_to", "client_msg_id", "edited_at", "stream_id", "chunk_index")] == [None] * 5
    assert message["is_end"] is True and message["reactions"] == [] and message["status"] == "sent"
    assert re.fullmatch(r"conv_[0-9a-hjkmnp-tv-z]{26}", view["conversation_id"])
    assert re.fullmatch(r"msg_[0-9a-hjkmnp-tv-z]{26}", message["message_id"])
    for moment in (view["created_at"], view["updated_at"], message["created_at"], view["members"][0]["joined_at"]):
        assert TIME.fullmatch(moment), moment

    async def whole():
        device, = await events_of(server, "sh2")
        assert set(device.hello["data"]) >= {"session_id", "user_id", "tenant_id", "server_time", "heartbeat_ms", "version", "sync_token"}
        assert re.fullmatch(r"sess_[0-9a-hjkmnp-tv-z]{26}", device.hello["data"]["session_id"])
        await in_thread(server.call, "sh1", "PATCH", f"/conversations/{view['conversation_id']}", {"name": "n"})
        await in_thread(send, server, "sh1", view["conversation_id"])
        renamed, created = (await settled([device]))[0]
        assert set(renamed["data"]) == {"conversation_id", "rev", "after", "conversation"}
        shared = set(renamed["data"]["conversation"])
        assert shared >= CONVERSATION and not shared & OWN, "absent, not null"
        assert set(created["data"]) == {"conversation_id", "rev", "after", "message"} and set(created["data"]["message"]) >= MESSAGE
        await close(device)

    asyncio.run(whole())


@pytest.mark.parametrize("content", ['{"text":"a\\u0000b"}', '{"text":"\\ud800"}', '{"text":"\\udc00 x"}', '{"text":"x","k\\u0000":1}'])
def test_nul_and_lone_surrogates_are_refused_everywhere(shared_server, content):
    conversation = shared_server.direct("nul1", "nul2")
    body = f'{{"conversation_id":"{conversation}","type":"text","content":{content}}}'
    assert shared_server.call("nul1", "POST", "/messages", body, expect=400)["code"] == "invalid_request"

    async def whole():
        device, = await events_of(shared_server, "nul1")
        device.waiting["x"] = asyncio.get_running_loop().create_future()  # the id may be beyond reading
        await device.socket.send(f'{{"type":"send_message","id":"x","data":{body}}}')
        await until(lambda: device.events)
        assert [e["error"]["code"] for e in device.events] == ["invalid_request"]
        await device.close()

    asyncio.run(whole())
    assert shared_server.call("nul1", "GET", f"/conversations/{conversation}")["last_seq"] == 0


def test_pages_have_one_to_two_hundred_items_and_fifty_by_default(shared_server):
    server = shared_server
    group = server.group("pz", [f"pz{n:03}" for n in range(99)])
    for n in range(60):
        send(server, "pz", group, str(n))
    for path in (f"/messages/{group}", f"/conversations/{group}/members", "/conversations", "/users"):
        for limit in (0, 201, -1):
            assert server.call("pz", "GET", f"{path}?limit={limit}", expect=400)["errors"][0]["field"] == "limit"
        assert server.call("pz", "GET", f"{path}?limit=200")
    assert len(server.call("pz", "GET", f"/messages/{group}")["messages"]) == 50
    page = server.call("pz", "GET", f"/conversations/{group}/members")
    assert len(page["members"]) == 50
    rest = server.call("pz", "GET", f"/conversations/{group}/members?limit=200&cursor={page['next_cursor']}")
    names = [m["user_id"] for m in page["members"] + rest["members"]]
    assert names == sorted(names) and len(set(names)) == 100 and rest["next_cursor"] is None


def test_a_call_names_at_most_a_hundred_users_and_a_sync_five_hundred_conversations(shared_server):
    server = shared_server
    many = [f"many{n}" for n in range(101)]
    answer = server.call("hu", "POST", "/conversations", {"type": "group", "member_ids": many}, expect=400)
    assert answer["errors"][0]["field"] == "member_ids"

    async def whole():
        device, = await events_of(server, "hu")
        positions = [{"conversation_id": f"conv_{n}", "rev": 0} for n in range(501)]
        assert (await device.ask("sync", {"conversations": positions}))["error"]["code"] == "invalid_request"
        assert len((await device.do("sync", {"conversations": positions[:500]}))["conversations"]) == 500
        await close(device)

    asyncio.run(whole())


# §3: REST -----------------------------------------------------------------------------------------------------------------

def test_who_is_named_exists_and_the_caller_is_always_a_member(shared_server):
    server = shared_server
    view = server.call("nm1", "POST", "/conversations", {"type": "group", "name": "n", "member_ids": ["nm1", "nm.new", "nm.new"]})
    assert view["member_count"] == 2 and view["role"] == "owner"
    assert server.call("nm1", "GET", "/users/nm.new")["display_name"] == "nm.new"
    for body in ({"type": "direct", "member_ids": ["nm1"]}, {"type": "direct", "member_ids": []}, {"type": "direct", "member_ids": ["a", "b"]},
                 {"type": "group", "member_ids": ["not an id"]}, {"type": "nothing", "member_ids": []}):
        assert server.call("nm1", "POST", "/conversations", body, expect=400)["code"] == "invalid_request"


def test_creating_a_group_again_under_the_same_key_finds_it(shared_server):
    server = shared_server
    body = {"type": "group", "name": "once", "member_ids": ["ik2"]}
    one, again = (server.call("ik1", "POST", "/conversations", body, headers={"Idempotency-Key": "k1"}) for _ in range(2))
    assert one["conversation_id"] == again["conversation_id"]
    other = server.call("ik1", "POST", "/conversations", {**body, "name": "twice"}, headers={"Idempotency-Key": "k1"}, expect=409)
    assert other["code"] == "idempotency_mismatch"
    assert len(server.call("ik1", "GET", "/conversations")["conversations"]) == 1


def test_the_list_shows_what_was_updated_since(shared_server):
    server = shared_server
    old, new = server.direct("us1", "us2"), server.direct("us1", "us3")
    time.sleep(0.01)
    moment = send(server, "us1", new)["created_at"]
    listed = lambda **q: [c["conversation_id"] for c in server.call("us1", "GET", "/conversations?" + urllib.parse.urlencode(q))["conversations"]]
    assert listed() == [new, old] and listed(updated_since=moment) == [new]


def test_unread_counts_to_a_thousand_and_a_stream_from_its_start(shared_server):
    server = shared_server
    group = server.group("un1", ["un2"])

    async def whole():
        one, two = await events_of(server, "un1", "un2")
        await one.do("stream.start", {"conversation_id": group})
        assert await in_thread(counts, server, "un2", group) == (1, 0)
        await asyncio.gather(*(one.do("send_message", {"conversation_id": group, "content": str(n)}) for n in range(1010)))
        assert await in_thread(counts, server, "un2", group) == (1000, 0)
        await two.do("send_message", {"conversation_id": group, "content": "mine"})
        view = await in_thread(server.call, "un2", "GET", f"/conversations/{group}")
        assert view["unread_count"] == 1000 and view["members"][0]["read_seq"] == 0, "sending moves no cursor"
        await two.do("mark_read", {"conversation_id": group, "seq": 5})
        await until(lambda: kinds(two, "me.updated"))
        assert kinds(two, "me.updated")[0]["data"]["unread_count"] == 1000
        await close(one, two)

    asyncio.run(whole())


def test_everything_of_a_conversation_is_gone_for_who_left_and_like_what_never_was(shared_server):
    server = shared_server
    group = server.group("go1", ["go2"])
    message = send(server, "go2", group)
    server.call("go2", "DELETE", f"/conversations/{group}", expect=204)
    paths = [("GET", "/conversations/{c}", None), ("PATCH", "/conversations/{c}", {"muted": True}), ("DELETE", "/conversations/{c}", None),
             ("GET", "/conversations/{c}/members", None), ("GET", "/conversations/{c}/changes", None), ("GET", "/messages/{c}", None),
             ("GET", "/messages/{c}/{m}", None), ("PATCH", "/messages/{c}/{m}", {"content": "x"}), ("DELETE", "/messages/{c}/{m}", None),
             ("PUT", "/messages/{c}/{m}/reactions/x", None), ("GET", "/receipts/{c}/{m}", None)]
    same = lambda answer: {k: v for k, v in answer.items() if k != "request_id"}
    for method, path, body in paths:
        gone = server.call("go2", method, path.format(c=group, m=message["message_id"]), body, expect=404)
        never = server.call("go2", method, path.format(c="conv_never", m="msg_never"), body, expect=404)
        foreign = server.call("go1", method, path.format(c=group, m=message["message_id"]), body, tenant="elsewhere", expect=404)
        assert same(gone) == same(never) == same(foreign), path


# §4: events ---------------------------------------------------------------------------------------------------------------

def test_each_request_makes_one_rev_and_each_rev_is_one_event_per_session(shared_server):
    server = shared_server
    group = server.group("rv1", ["rv2", "rv3"])
    path = f"/conversations/{group}"

    async def whole():
        devices = await events_of(server, "rv1", "rv1", "rv2")
        rev = (await in_thread(server.call, "rv1", "GET", path))["rev"]
        first = (await in_thread(send, server, "rv1", group))["message_id"]
        changes = [("PATCH", path, {"name": "a"}), ("PATCH", path, {"name": "a"}), ("POST", path + "/members", {"user_ids": ["rv4", "rv5"]}),
                   ("POST", path + "/members", {"user_ids": ["rv4"]}), ("PATCH", path + "/members/rv4", {"role": "admin"}),
                   ("DELETE", path + "/members/rv5", None), ("PATCH", f"/messages/{group}/{first}", {"content": "b"}),
                   ("PUT", f"/messages/{group}/{first}/reactions/x", None), ("PUT", f"/messages/{group}/{first}/reactions/x", None),
                   ("DELETE", f"/messages/{group}/{first}/reactions/x", None), ("PATCH", path, {"muted": True}),
                   ("DELETE", f"/messages/{group}/{first}", None), ("DELETE", f"/messages/{group}/{first}", None)]
        for method, where, body in changes:
            await in_thread(server.call, "rv1", method, where, body, expect=204 if "/members/rv5" in where else 200)
        wanted = ["message.created", "conversation.updated", "member.joined", "member.updated", "member.left"] + ["message.updated"] * 4
        for device in devices:
            await until(lambda d=device: len([e for e in d.events if "after" in e["data"]]) >= len(wanted))
        for device, seen in zip(devices, await settled(devices)):
            durable = [e for e in seen if "after" in e["data"]]
            assert [e["type"] for e in durable] == wanted
            assert [(e["data"]["after"], e["data"]["rev"]) for e in durable] == [(rev + n, rev + n + 1) for n in range(len(wanted))]
            assert len([e for e in seen if e["type"] == "me.updated"]) == (1 if device.user == "rv1" else 0)
        await close(*devices)

    asyncio.run(whole())


def test_own_settings_reach_all_own_sessions_and_nobody_else_and_come_with_sync(shared_server):
    server = shared_server
    conversation = server.direct("ow1", "ow2")

    async def whole():
        one, two, other = await events_of(server, "ow1", "ow1", "ow2")
        token = one.hello["data"]["sync_token"]
        view = await in_thread(server.call, "ow1", "PATCH", f"/conversations/{conversation}", {"muted": True, "pinned": True})
        assert view["muted"] is True and view["pinned"] is True
        for device in (one, two):
            await until(lambda d=device: kinds(d, "me.updated"))
            data = kinds(device, "me.updated")[0]["data"]
            assert {k: data[k] for k in ("conversation_id", "muted", "pinned", "delivered_seq", "read_seq", "unread_count")} == {
                "conversation_id": conversation, "muted": True, "pinned": True, "delivered_seq": 0, "read_seq": 0, "unread_count": 0}
        assert not kinds(other, "me.updated")
        reply = await one.do("sync", {"since": token, "conversations": []})
        assert conversation in {c["conversation_id"] for c in reply["conversations"]}, "a stub says that something is new"
        page = (await one.do("sync", {"conversations": [{"conversation_id": conversation, "rev": view["rev"]}]}))["conversations"][0]
        assert page["me"]["muted"] is True and page["me"]["pinned"] is True and page["messages"] == []
        await close(one, two, other)

    asyncio.run(whole())


def test_receipts_are_gathered_and_the_last_one_counts(shared_server):
    server = shared_server
    conversation = server.direct("ga1", "ga2")
    for n in range(100):
        send(server, "ga1", conversation, str(n))

    async def whole():
        one, two = await events_of(server, "ga1", "ga2")
        began = time.monotonic()
        await asyncio.gather(*(two.do("mark_delivered", {"conversation_id": conversation, "seq": n}) for n in range(1, 101)))
        windows = (time.monotonic() - began) / 0.2 + 2
        await until(lambda: kinds(one, "receipt") and kinds(one, "receipt")[-1]["data"]["delivered_seq"] == 100)
        seen = [e["data"]["delivered_seq"] for e in kinds(one, "receipt")]
        assert len(seen) <= windows and seen == sorted(seen), (seen, windows)
        await close(one, two)

    asyncio.run(whole())


def test_above_a_hundred_members_receipts_and_cursors_are_the_readers_own(shared_server):
    server = shared_server
    group = server.group("cr0", [f"cr{n}" for n in range(1, 100)])
    send(server, "cr0", group)

    async def whole():
        sender, reader, own = await events_of(server, "cr0", "cr1", "cr1")
        await reader.do("mark_read", {"conversation_id": group, "seq": 1})
        await until(lambda: kinds(sender, "receipt"))  # a hundred: everybody is told
        page = (await sender.do("sync", {"conversations": [{"conversation_id": group, "rev": 0}]}))["conversations"][0]
        assert len(page["cursors"]) == 100
        await in_thread(server.call, "cr0", "POST", f"/conversations/{group}/members", {"user_ids": ["cr100"]})
        await in_thread(send, server, "cr0", group)
        sender.events.clear()
        await reader.do("mark_read", {"conversation_id": group, "seq": 2})
        for device in (reader, own):
            await until(lambda d=device: [e for e in kinds(d, "receipt") if e["data"]["read_seq"] == 2])
        page = (await sender.do("sync", {"conversations": [{"conversation_id": group, "rev": 0}]}))["conversations"][0]
        assert [c["user_id"] for c in page["cursors"]] == ["cr0"]
        assert not kinds(sender, "receipt")
        await close(sender, reader, own)

    asyncio.run(whole())


def test_nothing_is_relayed_and_unknown_types_are_refused(shared_server):
    server = shared_server
    conversation = server.direct("rl1", "rl2")

    async def whole():
        one, two = await events_of(server, "rl1", "rl2")
        for kind in ("message.created", "receipt", "presence", "hello", "bye", "nonsense", "conversation.created"):
            reply = await one.ask(kind, {"conversation_id": conversation, "user_id": "rl1", "state": "online"})
            assert reply["type"] == "error" and reply["error"]["code"] == "invalid_request" and reply["error"]["retryable"] is False
        assert (await settled([two]))[0] == []
        await close(one, two)

    asyncio.run(whole())


def test_a_conversation_joined_later_is_followed_at_once(shared_server):
    server = shared_server

    async def whole():
        device, = await events_of(server, "lt2")
        conversation = await in_thread(server.direct, "lt1", "lt2")
        await in_thread(send, server, "lt1", conversation)
        await until(lambda: len(device.events) >= 2)
        assert [e["type"] for e in device.events] == ["conversation.created", "message.created"]
        await close(device)

    asyncio.run(whole())
