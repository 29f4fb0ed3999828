"""Retention: old messages go, in batches, for the tenants that say so; everything around them copes."""

import asyncio
import sqlite3
import time

import pytest
from device import Device
from harness import Server

OLD, KEPT = 1100, 8  # messages; a batch of the sweeper is 500


@pytest.fixture
def keeper(database_url):
    one = Server(database_url, AIIM_RETENTION_SWEEP_SECONDS="1")
    one.start()
    yield one
    one.close()


def sql(server, request, text):
    """Straight into the database: nothing else makes messages old."""
    if server.database_url:
        postgres = request.getfixturevalue("postgres")
        postgres.run("psql", "-h", "127.0.0.1", "-p", postgres.port, "-U", "postgres", "-d", server.database_url.rsplit("/", 1)[1], "-c", text)
    else:
        with sqlite3.connect(server.data / "aiim.db", timeout=20) as db:
            db.execute(text)


def until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not (got := condition()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return got


def fill(server, conversation, count, tenant=None, **more):
    """`count` messages of ann, over one connection."""
    async def write():
        device = await Device(server, "ann", tenant).connect()
        await asyncio.gather(*(device.do("send_message", {"conversation_id": conversation, "content": f"{n}", "client_msg_id": f"m{n}", **more})
                               for n in range(count)))
        await device.close()
    asyncio.run(write())


def age(server, request, conversation, below):
    sql(server, request, f"UPDATE im_messages SET created_at = '2026-01-01T00:00:00.000Z' WHERE conversation_id = '{conversation}' AND seq <= {below}")


def test_what_is_older_than_the_tenants_limit_goes_and_everything_else_stays(keeper, request):
    server = keeper
    conversation, other = server.direct("ann", "ben"), server.direct("ann", "cho")
    fill(server, conversation, OLD, reply_to=None)
    old_ids = [m["message_id"] for m in server.history("ann", conversation)]
    server.call("ben", "PUT", f"/messages/{conversation}/{old_ids[0]}/reactions/%F0%9F%91%8D")
    server.call("ben", "POST", "/receipts/read", {"conversation_id": conversation, "seq": 10}, expect=204)
    for n in range(KEPT):
        server.call("ann", "POST", "/messages", {"conversation_id": conversation, "type": "text", "content": {"text": f"kept {n}", "mentions": ["ben"]},
                                                 "reply_to": old_ids[-1]})
    server.call("ann", "POST", "/messages", {"conversation_id": other, "type": "text", "content": "elsewhere"})
    foreign = server.call("ann", "POST", "/conversations", {"type": "direct", "member_ids": ["ben"]}, tenant="other")["conversation_id"]
    server.call("ann", "POST", "/messages", {"conversation_id": foreign, "type": "text", "content": "old too"}, tenant="other")
    before = server.call("ben", "GET", f"/conversations/{conversation}")
    assert (before["min_seq"], before["mention_count"]) == (1, KEPT)
    middle = server.call("ben", "GET", f"/messages/{conversation}?after_seq=599&limit=1")["messages"][0]["rev"]
    order = [c["conversation_id"] for c in server.call("ann", "GET", "/conversations")["conversations"]]

    age(server, request, conversation, OLD)
    age(server, request, foreign, 1)
    done = server.cli("retention", "set", "30", "--data-dir", str(server.data))
    assert (done.returncode, done.stdout.split()) == (0, ["default", "30", "days"]), done
    after = until(lambda: (view := server.call("ben", "GET", f"/conversations/{conversation}"))["min_seq"] == OLD + 1 and view)

    # History begins at min_seq, whichever way it is read.
    def seqs(query):
        page = server.call("ben", "GET", f"/messages/{conversation}?{query}")
        return [m["seq"] for m in page["messages"]], page["has_more"]
    rest = list(range(OLD + 1, OLD + KEPT + 1))
    assert seqs("limit=200") == (rest, False) and seqs("after_seq=0&limit=200") == (rest, False)
    assert seqs(f"before_seq={OLD + 1}") == ([], False) and seqs("around_seq=5")[0] == rest
    assert seqs(f"before_seq={OLD + 3}") == (rest[:2], False)
    for path in (f"/messages/{conversation}/{old_ids[0]}", f"/receipts/{conversation}/{old_ids[0]}"):
        server.call("ben", "GET", path, expect=404)
    # Counts, activity, the order of the list.
    assert (after["unread_count"], after["mention_count"], after["last_seq"], after["rev"], after["updated_at"]) == (
        KEPT, KEPT, OLD + KEPT, before["rev"], before["updated_at"])
    assert [c["conversation_id"] for c in server.call("ann", "GET", "/conversations")["conversations"]] == order
    # Replies keep the id of what they answered; nobody can answer it now.
    assert server.history("ben", conversation)[0]["reply_to"] == old_ids[-1]
    refused = server.call("ben", "POST", "/messages", {"conversation_id": conversation, "type": "text", "content": "re", "reply_to": old_ids[-1]}, expect=400)
    assert refused["errors"][0]["field"] == "reply_to"
    # Cursors: a purged message cannot be named, a purged seq moves nothing back.
    server.call("ben", "POST", "/receipts/read", {"conversation_id": conversation, "message_id": old_ids[20]}, expect=400)
    server.call("ben", "POST", "/receipts/read", {"conversation_id": conversation, "seq": 20}, expect=204)
    server.call("ben", "POST", "/receipts/read", {"conversation_id": conversation, "seq": OLD + 2}, expect=204)
    assert server.call("ben", "GET", f"/conversations/{conversation}")["unread_count"] == KEPT - 2
    receipts = server.call("ann", "GET", f"/receipts/{conversation}/" + server.history("ann", conversation)[1]["message_id"])["receipts"]
    assert receipts[0]["user_id"] == "ben" and receipts[0]["read_at"]

    # Sync from before, from the middle and over everything: complete, with what is left, and where that begins.
    for since in (0, middle):
        page = server.call("ben", "GET", f"/conversations/{conversation}/changes?since_rev={since}&limit=200")
        if not page.get("reset"):
            assert page["complete"] and page["min_seq"] == OLD + 1
            assert [m["seq"] for m in page["messages"]] == rest
        else:
            assert page["conversation"]["min_seq"] == OLD + 1

    async def live():
        device = await Device(server, "ben").connect()
        await device.catch_up([conversation, other])
        assert sorted(m["seq"] for m in device.messages[conversation].values()) == rest
        sent = await device.do("send_message", {"conversation_id": conversation, "content": "goes on"})
        assert sent["seq"] == OLD + KEPT + 1
        await device.close()
    asyncio.run(live())

    # Whoever has no rule keeps everything, and a conversation whose messages are young keeps them.
    assert [m["content"]["text"] for m in server.history("ann", other)] == ["elsewhere"]
    assert len(server.call("ann", "GET", f"/messages/{foreign}", tenant="other")["messages"]) == 1
    assert server.call("ann", "GET", f"/conversations/{foreign}", tenant="other")["min_seq"] == 1
    # Counted when the whole round is over.
    until(lambda: b"aiim_retention_purged_messages_total 1100" in server.request("GET", "/metrics")[1])


def test_a_conversation_that_loses_everything_goes_on_where_it_stood(keeper, request):
    server = keeper
    conversation = server.direct("ann", "ben")
    fill(server, conversation, 3)
    age(server, request, conversation, 3)
    assert server.cli("retention", "set", "1", "--data-dir", str(server.data)).returncode == 0
    until(lambda: server.call("ben", "GET", f"/conversations/{conversation}")["min_seq"] == 4)
    view = server.call("ben", "GET", f"/conversations/{conversation}")
    assert (view["last_message"], view["last_seq"], view["unread_count"]) == (None, 3, 0)
    page = server.call("ben", "GET", f"/conversations/{conversation}/changes?since_rev=0")
    assert (page["complete"], page["messages"], page["rev"]) == (True, [], view["rev"])
    off = server.cli("retention", "off", "--data-dir", str(server.data), "--json")
    assert (off.returncode, off.stdout.strip()) == (0, "[]")
    fill(server, conversation, 5)  # the first three keys again: their messages are gone, so these are new
    assert [m["seq"] for m in server.history("ben", conversation)] == [4, 5, 6, 7, 8]


@pytest.mark.parametrize("wrong", [["0"], ["-1"], ["x"], ["99999999"], ["30", "--tenant", "a b"]])
def test_a_rule_is_a_number_of_days_for_a_tenant(tmp_path, wrong):
    assert Server().cli("retention", "set", *wrong, "--data-dir", str(tmp_path)).returncode == 2
