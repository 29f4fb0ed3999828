"""Conversations, messages, receipts and sync as users meet them."""

import asyncio
import json
import urllib.parse

import pytest

from device import Device
from harness import Server


def send(server, user, conversation, text="hello", **more):
    body = {"conversation_id": conversation, "type": "text", "content": {"text": text}, **more}
    return server.call(user, "POST", "/messages", body)["message"]


async def events_of(server, *users):
    devices = [await Device(server, user).connect() for user in users]
    for device in devices:
        device.keep_events = True
    return devices


async def settled(devices, seconds=0.4):
    await asyncio.sleep(seconds)
    seen = [[e for e in d.events if e["type"] != "ack"] for d in devices]
    for device in devices:
        device.events.clear()
    return seen


async def close(*devices):
    for device in devices:
        await device.close()


async def in_thread(function, *args, **kwargs):
    return await asyncio.get_running_loop().run_in_executor(None, lambda: function(*args, **kwargs))


# Conversations ----------------------------------------------------------------------------------------------------------

def test_a_pair_has_one_direct_conversation_whoever_opens_it(shared_server):
    server = shared_server
    ids = {server.direct("p1", "p2"), server.direct("p2", "p1"), server.direct("p1", "p2")}
    assert len(ids) == 1
    view = server.call("p1", "GET", "/conversations/" + ids.pop())
    assert view["type"] == "direct" and {m["role"] for m in view["members"]} == {"member"} and view["member_count"] == 2
    for method, path, body in (("POST", "/members", {"user_ids": ["p3"]}), ("DELETE", "", None), ("PATCH", "", {"name": "x"})):
        answer = server.call("p1", method, f"/conversations/{view['conversation_id']}{path}", body, expect=409)
        assert answer["code"] == "conflict"


def test_the_list_is_paged_by_newest_activity_and_only_shows_the_own(shared_server):
    server = shared_server
    made = [server.group("lister", [f"l{n}"], f"group {n}") for n in range(7)]
    server.group("somebody", ["else"])
    send(server, "lister", made[2])
    seen, cursor = [], None
    while True:
        query = {"limit": 3, **({"cursor": cursor} if cursor else {})}
        page = server.call("lister", "GET", "/conversations?" + urllib.parse.urlencode(query))
        seen += [c["conversation_id"] for c in page["conversations"]]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert seen[0] == made[2] and sorted(seen) == sorted(made)
    assert server.call("lister", "GET", "/conversations?cursor=zzz", expect=400)["errors"][0]["field"] == "cursor"


def test_the_last_owner_is_followed_by_the_oldest_admin_in_one_event(shared_server):
    server = shared_server
    group = server.group("o1", ["o2", "o3", "o4"])
    server.call("o1", "PATCH", f"/conversations/{group}/members/o3", {"role": "admin"})
    server.call("o1", "PATCH", f"/conversations/{group}/members/o1", {"role": "member"}, expect=409)

    async def whole():
        devices = await events_of(server, "o1", "o2")
        await in_thread(server.call, "o1", "DELETE", f"/conversations/{group}", expect=204)
        left, stayed = await settled(devices)
        assert [e["type"] for e in left] == ["conversation.removed"]
        assert [e["type"] for e in stayed] == ["member.left"]
        members = {m["user_id"]: m for m in stayed[0]["data"]["members"]}
        assert members["o1"]["left_at"] and members["o3"]["role"] == "owner" and members["o3"]["left_at"] is None
        await close(*devices)

    asyncio.run(whole())
    assert {m["user_id"]: m["role"] for m in server.call("o2", "GET", f"/conversations/{group}/members")["members"]} == \
           {"o2": "member", "o3": "owner", "o4": "member"}


def test_new_members_see_the_whole_history_and_removed_ones_nothing(shared_server):
    server = shared_server
    group = server.group("h1", ["h2"])
    for n in range(3):
        send(server, "h1", group, f"early {n}")

    async def whole():
        devices = await events_of(server, "h1", "h3")
        await in_thread(server.call, "h1", "POST", f"/conversations/{group}/members", {"user_ids": ["h3", "h3", "h2"], "role": "member"})
        old, new = await settled(devices)
        assert [e["type"] for e in old] == ["member.joined"] and [m["user_id"] for m in old[0]["data"]["members"]] == ["h3"]
        assert [e["type"] for e in new] == ["conversation.created"] and "unread_count" not in new[0]["data"]["conversation"]
        await in_thread(send, server, "h1", group, "welcome")
        old, new = await settled(devices)
        assert [e["type"] for e in new] == ["message.created"] and new[0]["data"]["after"] == new[0]["data"]["rev"] - 1
        await in_thread(server.call, "h1", "DELETE", f"/conversations/{group}/members/h3", expect=204)
        await in_thread(send, server, "h1", group, "not for h3")
        old, new = await settled(devices)
        assert [e["type"] for e in new] == ["conversation.removed"]
        assert [e["type"] for e in old] == ["member.left", "message.created"]
        # Back again: live again, with everything.
        await in_thread(server.call, "h1", "POST", f"/conversations/{group}/members", {"user_ids": ["h3"]})
        await in_thread(send, server, "h1", group, "again")
        old, new = await settled(devices)
        assert [e["type"] for e in new] == ["conversation.created", "message.created"]
        await close(*devices)

    asyncio.run(whole())
    assert [m["content"]["text"] for m in server.history("h3", group)] == ["early 0", "early 1", "early 2", "welcome", "not for h3", "again"]


def test_ranks_cannot_be_overstepped(shared_server):
    server = shared_server
    group = server.group("boss", ["vice", "peer", "staff"])
    for user in ("vice", "peer"):
        server.call("boss", "PATCH", f"/conversations/{group}/members/{user}", {"role": "admin"})
    for path, method, body in ((f"/members/peer", "DELETE", None), ("/members/boss", "DELETE", None), ("/members/staff", "PATCH", {"role": "owner"}),
                               ("/members/peer", "PATCH", {"role": "member"}), ("/members", "POST", {"user_ids": ["x"], "role": "owner"})):
        assert server.call("vice", method, f"/conversations/{group}{path}", body, expect=403)["code"] == "forbidden"
    server.call("vice", "PATCH", f"/conversations/{group}/members/staff", {"role": "admin"})


def test_renaming_muting_and_pinning(shared_server):
    server = shared_server
    group = server.group("n1", ["n2"])

    async def whole():
        devices = await events_of(server, "n1", "n2")
        rev = (await in_thread(server.call, "n1", "GET", f"/conversations/{group}"))["rev"]
        view = await in_thread(server.call, "n1", "PATCH", f"/conversations/{group}", {"name": "new name", "muted": True, "pinned": True})
        assert view["name"] == "new name" and view["muted"] and view["pinned"] and view["rev"] == rev + 1
        one, two = await settled(devices)
        assert sorted(e["type"] for e in one) == ["conversation.updated", "me.updated"]
        assert [e["type"] for e in two] == ["conversation.updated"] and two[0]["data"]["conversation"]["name"] == "new name"
        await in_thread(server.call, "n2", "PATCH", f"/conversations/{group}", {"name": "mine"}, expect=403)
        await close(*devices)

    asyncio.run(whole())
    assert server.call("n2", "GET", f"/conversations/{group}")["muted"] is False


# Messages ---------------------------------------------------------------------------------------------------------------

def test_pages_before_after_and_around(shared_server):
    server = shared_server
    conversation = server.direct("pg1", "pg2")
    for n in range(1, 26):
        send(server, "pg1", conversation, str(n))
    page = lambda **q: server.call("pg2", "GET", f"/messages/{conversation}?" + urllib.parse.urlencode(q))
    seqs = lambda p: [m["seq"] for m in p["messages"]]
    newest = page(limit=10)
    assert seqs(newest) == list(range(16, 26)) and newest["has_more"]
    assert seqs(page(before_seq=16, limit=10)) == list(range(6, 16))
    assert seqs(page(before_seq=6, limit=10)) == list(range(1, 6)) and not page(before_seq=6, limit=10)["has_more"]
    assert seqs(page(after_seq=20, limit=10)) == [21, 22, 23, 24, 25]
    around = page(around_seq=13, limit=6)
    assert seqs(around) == [10, 11, 12, 13, 14, 15] and around["has_more"]


def test_edit_and_recall(shared_server):
    server = shared_server
    group = server.group("e1", ["e2"])
    message = send(server, "e2", group, "teh")
    path = f"/messages/{group}/{message['message_id']}"
    edited = server.call("e2", "PATCH", path, {"content": {"text": "the"}})["message"]
    assert edited["content"] == {"text": "the"} and edited["edited_at"] and edited["seq"] == message["seq"] and edited["rev"] > message["rev"]
    assert server.call("e1", "PATCH", path, {"content": {"text": "x"}}, expect=403)["code"] == "forbidden"
    assert server.call("e2", "PATCH", path, {"content": {"text": ""}}, expect=400)["errors"][0]["field"] == "content.text"
    recalled = server.call("e1", "DELETE", path)["message"]  # the owner may
    assert recalled["status"] == "recalled" and recalled["content"] == {} and recalled["seq"] == message["seq"]
    assert server.call("e2", "DELETE", path)["message"]["rev"] == recalled["rev"], "a repeat makes no rev"
    assert server.call("e2", "PATCH", path, {"content": {"text": "x"}}, expect=409)["code"] == "conflict"
    assert server.call("e2", "PUT", path + "/reactions/x", expect=409)["code"] == "conflict"


@pytest.mark.parametrize("kind,content,field", [
    ("text", {}, "content.text"), ("text", {"text": ""}, "content.text"), ("text", {"text": 7}, "content.text"), ("text", "", "content.text"),
    ("image", {}, "content"), ("image", {"url": "javascript:alert(1)"}, "content.url"), ("image", {"url": "https://x/a", "width": -1}, "content.width"),
    ("file", {"url": "https://x/a"}, "content.filename"), ("audio", {"url": "https://x/a"}, "content.media_id"), ("system", {"text": "x"}, "type"),
    ("ai", {"text": "x"}, "type"), ("text", {"text": "x", "mentions": "all"}, "content.mentions"), ("text", [1], "content")])
def test_content_is_checked_by_type(shared_server, kind, content, field):
    conversation = shared_server.direct("ct1", "ct2")
    answer = shared_server.call("ct1", "POST", "/messages", {"conversation_id": conversation, "type": kind, "content": content}, expect=400)
    assert answer["code"] == "invalid_request" and answer["errors"][0]["field"] == field, answer


def test_good_content_keeps_unknown_keys(shared_server):
    conversation = shared_server.direct("gc1", "gc2")
    for kind, content in (("image", {"url": "https://x.example/a.png", "width": 10, "height": 20, "caption": "c", "mine": [1, {"a": None}]}),
                          ("file", {"url": "http://x.example/a.pdf", "filename": "a.pdf", "file_size": 12}), ("text", {"text": "é\n😀\u200d\"\\", "extra": 1.5})):
        sent = shared_server.call("gc1", "POST", "/messages", {"conversation_id": conversation, "type": kind, "content": content})["message"]
        assert sent["content"] == content and shared_server.call("gc2", "GET", f"/messages/{conversation}/{sent['message_id']}")["message"]["content"] == content


def test_replies_must_be_to_the_same_conversation(shared_server):
    server = shared_server
    here, there = server.direct("rp1", "rp2"), server.direct("rp1", "rp3")
    first = send(server, "rp1", here)
    assert send(server, "rp2", here, reply_to=first["message_id"])["reply_to"] == first["message_id"]
    body = {"conversation_id": there, "type": "text", "content": "x", "reply_to": first["message_id"]}
    assert server.call("rp1", "POST", "/messages", body, expect=400)["errors"][0]["field"] == "reply_to"
    assert server.call("rp1", "GET", f"/conversations/{there}")["last_seq"] == 0


def test_reactions(shared_server):
    server = shared_server
    group = server.group("r1", ["r2", "r3"])
    message = send(server, "r1", group)
    path = f"/messages/{group}/{message['message_id']}/reactions/"
    thumb, heart = urllib.parse.quote("👍"), urllib.parse.quote("❤️")
    server.call("r2", "PUT", path + thumb)
    again = server.call("r2", "PUT", path + thumb)["message"]
    server.call("r3", "PUT", path + thumb)
    last = server.call("r3", "PUT", path + heart)["message"]
    assert last["rev"] == again["rev"] + 2, "a repeat makes no rev"
    assert [(r["emoji"], r["count"], r["user_ids"]) for r in last["reactions"]] == [("👍", 2, ["r2", "r3"]), ("❤️", 1, ["r3"])]
    gone = server.call("r2", "DELETE", path + thumb)["message"]
    assert [(r["emoji"], r["count"]) for r in gone["reactions"]] == [("👍", 1), ("❤️", 1)]
    for n in range(48):
        server.call("r1", "PUT", path + f"e{n}")
    assert server.call("r1", "PUT", path + "one-more", expect=409)["code"] == "conflict"


# Receipts ---------------------------------------------------------------------------------------------------------------

def test_cursors_move_forward_only_and_tell_everybody(shared_server):
    server = shared_server
    group = server.group("c1", ["c2", "c3"])
    messages = [send(server, "c1", group, str(n)) for n in range(5)]
    assert server.call("c2", "GET", f"/conversations/{group}")["unread_count"] == 5
    assert server.call("c1", "GET", f"/conversations/{group}")["unread_count"] == 0

    async def whole():
        devices = await events_of(server, "c1", "c2", "c3")
        await devices[1].do("mark_delivered", {"conversation_id": group, "seq": 4})
        await devices[1].do("mark_read", {"conversation_id": group, "message_id": messages[2]["message_id"]})
        await devices[1].do("mark_read", {"conversation_id": group, "seq": 1})  # back: nothing
        one, two, three = await settled(devices, 0.7)
        for seen in (one, three):
            assert {e["type"] for e in seen} == {"receipt"}
            last = seen[-1]["data"]
            assert (last["user_id"], last["delivered_seq"], last["read_seq"]) == ("c2", 4, 3) and last["timestamp"]
        own = [e for e in two if e["type"] == "me.updated"]
        assert own[-1]["data"]["read_seq"] == 3 and own[-1]["data"]["unread_count"] == 2
        for data, field in (({"seq": 6}, "seq"), ({"message_id": "msg_nope"}, "message_id"), ({}, "seq")):
            reply = await devices[1].ask("mark_read", {"conversation_id": group, **data})
            assert reply["error"]["code"] == "invalid_request" and reply["error"]["errors"][0]["field"] == field
        await close(*devices)

    asyncio.run(whole())
    answer = server.call("c1", "GET", f"/receipts/{group}/{messages[2]['message_id']}")
    times = {r["user_id"]: r for r in answer["receipts"]}
    assert times["c2"]["delivered_at"] and times["c2"]["read_at"] and times["c3"] == {"user_id": "c3", "delivered_at": None, "read_at": None}
    statuses = [m["status"] for m in server.history("c1", group)]
    assert statuses == ["read", "read", "read", "delivered", "sent"]
    assert {m["status"] for m in server.history("c2", group)} == {"sent"}
    server.call("c1", "POST", "/receipts/read", {"conversation_id": group, "seq": 1, "user_id": "c2"}, expect=400)
    server.call("c2", "POST", "/receipts/read", {"user_id": "c2", "conversation_id": group, "last_read_seq": 5}, expect=204)
    assert server.call("c2", "GET", f"/conversations/{group}")["unread_count"] == 0


def test_unread_leaves_out_recalled_messages_and_mentions_are_counted(shared_server):
    server = shared_server
    group = server.group("u1", ["u2"])
    recalled = send(server, "u1", group, "oops")
    server.call("u1", "POST", "/messages", {"conversation_id": group, "type": "text", "content": {"text": "@u2 @nobody", "mentions": ["u2", "nobody"]}})
    server.call("u1", "DELETE", f"/messages/{group}/{recalled['message_id']}")
    view = server.call("u2", "GET", f"/conversations/{group}")
    assert (view["unread_count"], view["mention_count"]) == (1, 1)


# Sync -------------------------------------------------------------------------------------------------------------------

def test_changes_bring_each_changed_thing_once(shared_server):
    server = shared_server
    group = server.group("s1", ["s2"])
    messages = [send(server, "s1", group, str(n)) for n in range(5)]
    for _ in range(3):
        server.call("s1", "PATCH", f"/messages/{group}/{messages[0]['message_id']}", {"content": {"text": "edited"}})
    server.call("s1", "POST", f"/conversations/{group}/members", {"user_ids": ["s3"]})
    view = server.call("s1", "GET", f"/conversations/{group}")
    everything, since = [], 0
    while True:
        page = server.call("s2", "GET", f"/conversations/{group}/changes?since_rev={since}&limit=2")
        assert page["rev"] > since
        everything.append(page)
        since = page["rev"]
        if page["complete"]:
            break
    assert since == view["rev"]
    ids = [m["message_id"] for p in everything for m in p["messages"]]
    assert len(ids) == len(set(ids)) == 5
    assert {m["user_id"] for p in everything for m in p["members"]} == {"s1", "s2", "s3"}
    assert [m["rev"] for p in everything for m in p["messages"]] == sorted(m["rev"] for p in everything for m in p["messages"])
    later = server.call("s2", "GET", f"/conversations/{group}/changes?since_rev={view['rev']}")
    assert later["complete"] and later["messages"] == [] and later["members"] == [] and later["rev"] == view["rev"]
    for query, reason in ((f"since_rev={view['rev'] + 1}", "unknown"), ("epoch=other", "epoch")):
        reset = server.call("s2", "GET", f"/conversations/{group}/changes?{query}")
        assert reset["reset"] and reset["reason"] == reason and reset["conversation"]["last_seq"] == 5


def test_far_behind_is_a_reset(shared_server):
    server = shared_server
    conversation = server.direct("far1", "far2")

    async def whole():
        device = await Device(server, "far1").connect()
        await asyncio.gather(*(device.do("send_message", {"conversation_id": conversation, "content": str(n)}) for n in range(1100)))
        reply = await device.do("sync", {"conversations": [{"conversation_id": conversation, "rev": 5}]})
        assert reply["conversations"][0]["reason"] == "too_far"
        near = await device.do("sync", {"conversations": [{"conversation_id": conversation, "rev": 500}]})
        page = near["conversations"][0]
        assert len(page["messages"]) == 200 and page["complete"] is False and near["more"] is True and page["rev"] == 700
        await device.close()

    asyncio.run(whole())


def test_sync_names_what_changed_since_the_token(shared_server):
    server = shared_server
    conversations = [server.direct("t1", f"t1friend{n}") for n in range(3)]
    left = server.group("t1boss", ["t1"])
    token = server.call("t1", "GET", "/conversations")["sync_token"]
    send(server, "t1friend0", conversations[0], "new")
    server.call("t1boss", "DELETE", f"/conversations/{left}/members/t1", expect=204)
    joined = server.group("t1boss", ["t1"])

    async def whole():
        device = await Device(server, "t1").connect()
        reply = await device.do("sync", {"since": token, "conversations": [{"conversation_id": conversations[1], "rev": 1}]})
        parts = {c["conversation_id"]: c for c in reply["conversations"]}
        assert parts[conversations[1]]["complete"] is True
        assert parts[left]["removed"] is True
        stub = parts[conversations[0]]
        assert stub["unread_count"] == 1 and stub["last_seq"] == 1 and "complete" not in stub and "messages" not in stub
        assert joined in parts
        unknown = await device.do("sync", {"conversations": [{"conversation_id": "conv_nope", "rev": 3}]})
        assert unknown["conversations"] == [{"conversation_id": "conv_nope", "removed": True}]
        bad = await device.ask("sync", {"since": "###"})
        assert bad["error"]["code"] == "invalid_request"
        await device.close()

    asyncio.run(whole())


def test_a_sync_of_large_messages_is_cut_and_completed(shared_server):
    server = shared_server
    conversations = [server.direct("big1", f"big1f{n}") for n in range(3)]

    async def whole():
        device = await Device(server, "big1").connect()
        for conversation in conversations:
            for n in range(6):
                await device.do("send_message", {"conversation_id": conversation, "content": {"text": f"{n}" + "z" * 100_000}})
        raw = await device.do("sync", {"conversations": [{"conversation_id": c, "rev": 0} for c in conversations]})
        assert len(json.dumps(raw)) < 1 << 20 and raw["more"] is True
        fresh = await Device(server, "big1").connect()
        await fresh.catch_up(conversations)
        for conversation in conversations:
            assert sorted(m["seq"] for m in fresh.messages[conversation].values()) == list(range(1, 7))
        await close(device, fresh)

    asyncio.run(whole())


def test_more_conversations_changed_than_one_reply_names(shared_server):
    server = shared_server

    async def whole():
        token = (await in_thread(server.call, "many", "GET", "/conversations"))["sync_token"]
        made = set()
        for first in range(0, 1040, 40):
            made |= set(await asyncio.gather(*(in_thread(server.direct, "many", f"many{n}") for n in range(first, first + 40))))
        device = await Device(server, "many").connect()
        seen, more = set(), True
        while more:
            reply = await device.do("sync", {"since": token})
            names = {c["conversation_id"] for c in reply["conversations"]}
            assert names, "progress"
            seen |= names
            token, more = reply["sync_token"], reply["more"]
        assert made <= seen
        await device.close()

    asyncio.run(whole())


# Sessions ---------------------------------------------------------------------------------------------------------------

def test_a_hundred_devices_of_one_user_all_get_everything(shared_server):
    server = shared_server
    conversation = server.direct("hundred", "writer")

    async def whole():
        devices = await asyncio.gather(*(Device(server, "hundred").connect() for _ in range(100)))
        for device in devices:
            device.keep_events = True
        for n in range(5):
            await in_thread(send, server, "writer", conversation, str(n))
        seen = await settled(devices, 1)
        assert all([e["data"]["message"]["seq"] for e in each if e["type"] == "message.created"] == [1, 2, 3, 4, 5] for each in seen)
        await close(*devices)

    asyncio.run(whole())


def test_replies_come_in_order_and_reads_see_the_writes_before_them(shared_server):
    server = shared_server
    conversation = server.direct("ord1", "ord2")

    async def whole():
        device = await Device(server, "ord1").connect()
        device.keep_events = True
        order = []
        waits = []
        for n in range(200):
            future = asyncio.ensure_future(device.ask("send_message", {"conversation_id": conversation, "content": str(n)}))
            future.add_done_callback(lambda f: order.append(f.result()["id"]))
            waits.append(future)
            await asyncio.sleep(0)
        sync = await device.do("sync", {"conversations": [{"conversation_id": conversation, "rev": 1}]})
        assert len(sync["conversations"][0]["messages"]) == 200
        replies = await asyncio.gather(*waits)
        assert [r["data"]["seq"] for r in replies] == list(range(1, 201))
        assert order == [str(n) for n in range(1, 201)]
        await device.close()

    asyncio.run(whole())


def test_the_heartbeat_finds_the_dead_and_spares_the_living():
    import socket as sockets
    import base64
    from harness import token
    server = Server(AIIM_HEARTBEAT_SECONDS="1", AIIM_SILENT_SECONDS="3")
    server.start()
    try:
        with sockets.create_connection(("127.0.0.1", server.port)) as silent:
            silent.sendall((f"GET /api/aiim/ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                            f"Sec-WebSocket-Key: {base64.b64encode(b'0123456789abcdef').decode()}\r\nAuthorization: Bearer {token('dead')}\r\n\r\n").encode())
            silent.settimeout(10)

            async def alive():
                device = await Device(server, "alive").connect()  # answers pings by itself
                await asyncio.sleep(6)
                assert not device.reader.done()
                await device.close()

            asyncio.run(alive())
            received = b""
            while chunk := silent.recv(65536):
                received += chunk
            assert b"\x88" in received and (4408).to_bytes(2, "big") in received
    finally:
        server.close()


def counts(server, user, conversation):
    view = server.call(user, "GET", f"/conversations/{conversation}")
    return view["unread_count"], view["mention_count"]


def test_mentions_follow_edits_and_recalls_and_end_with_reading(shared_server):
    server = shared_server
    group = server.group("mn1", ["mn2", "mn3"])
    text = lambda *who: {"text": "hello", "mentions": list(who)}
    first = send(server, "mn1", group, content=text("mn2", "mn1", "stranger"))
    path = f"/messages/{group}/{first['message_id']}"
    assert [counts(server, u, group) for u in ("mn1", "mn2", "mn3")] == [(0, 0), (1, 1), (1, 0)]
    server.call("mn1", "PATCH", path, {"content": text("mn3")})
    assert [counts(server, u, group) for u in ("mn2", "mn3")] == [(1, 0), (1, 1)]
    server.call("mn1", "PATCH", path, {"content": text("mn2", "mn3", "mn2")})
    assert [counts(server, u, group) for u in ("mn2", "mn3")] == [(1, 1), (1, 1)]
    second = send(server, "mn1", group, content=text("mn2"))

    async def whole():
        device, = await events_of(server, "mn2")
        await device.do("mark_read", {"conversation_id": group, "seq": 1})
        mine = [e["data"] for e in (await settled([device], 0.5))[0] if e["type"] == "me.updated"]
        assert [(m["unread_count"], m["mention_count"]) for m in mine] == [(1, 1)]
        page = (await device.do("sync", {"conversations": [{"conversation_id": group, "rev": 0}]}))["conversations"][0]
        assert (page["me"]["unread_count"], page["me"]["mention_count"]) == (1, 1)
        await close(device)

    asyncio.run(whole())
    server.call("mn1", "DELETE", f"/messages/{group}/{second['message_id']}")
    assert [counts(server, u, group) for u in ("mn2", "mn3")] == [(0, 0), (1, 1)]
    server.call("mn3", "POST", "/receipts/read", {"conversation_id": group, "seq": 2}, expect=204)
    assert counts(server, "mn3", group) == (0, 0)
    # Who was no member when named is, once the text is sent again.
    third = send(server, "mn1", group, content=text("mn4"))
    server.call("mn1", "POST", f"/conversations/{group}/members", {"user_ids": ["mn4"]})
    assert counts(server, "mn4", group)[1] == 0
    server.call("mn1", "PATCH", f"/messages/{group}/{third['message_id']}", {"content": text("mn4")})
    assert counts(server, "mn4", group)[1] == 1


def test_who_comes_back_has_the_cursors_of_before(shared_server):
    server = shared_server
    group = server.group("cb1", ["cb2", "cb3"])
    for n in range(4):
        send(server, "cb1", group, str(n))
    server.call("cb2", "POST", "/receipts/read", {"conversation_id": group, "seq": 3}, expect=204)
    server.call("cb2", "DELETE", f"/conversations/{group}", expect=204)

    async def whole():
        device, = await events_of(server, "cb3")
        await in_thread(server.call, "cb1", "POST", f"/conversations/{group}/members", {"user_ids": ["cb2"]})
        joined, = [e for e in (await settled([device]))[0] if e["type"] == "member.joined"]
        member, = joined["data"]["members"]
        assert (member["user_id"], member["left_at"], member["delivered_seq"], member["read_seq"]) == ("cb2", None, 3, 3)
        await close(device)

    asyncio.run(whole())
