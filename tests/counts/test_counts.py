"""What a piece of work costs in system calls, allocations, bytes and statements, on the real binary with its calls
counted. No clock is asked, so that a slow machine gives the same answer as a fast one."""

import http.client
import json
import statistics

import pytest

from bounds import BOUNDS
from counted import CountedServer, until
from harness import token
from raw import TEXT, RawSocket, frame

MESSAGES = 200
TEXT_BYTES = "x" * 200


def send_frame(conversation, name):
    data = {"conversation_id": conversation, "type": "text", "content": {"text": TEXT_BYTES}, "client_msg_id": name}
    return frame(TEXT, json.dumps({"type": "send_message", "id": name, "data": data}))


class Member:
    """A live session that reads what it is sent."""

    def __init__(self, server, user):
        self.socket = RawSocket(server, user)
        assert self.socket.json()["type"] == "hello"

    def events(self, kind, count):
        while count:
            got = self.socket.json()
            assert got["type"] not in ("error", "bye"), got
            count -= got["type"] == kind

    def close(self):
        self.socket.close()


class Room:
    """A group with every member live; `send` returns when all have the message and the sender its ack."""

    def __init__(self, server, members, prefix):
        self.server = server
        self.users = [f"{prefix}{i}" for i in range(members)]
        self.conversation = server.group(self.users[0], self.users[1:])
        self.members = [Member(server, user) for user in self.users]
        self.sent = 0

    def send(self, messages=1):
        names = [f"m{self.sent + i}" for i in range(messages)]
        self.sent += messages
        self.members[0].socket.sock.sendall(b"".join(send_frame(self.conversation, name) for name in names))
        return names

    def receive(self, messages=1):
        for member in self.members[1:]:
            member.events("message.created", messages)
        acks = events = 0
        while acks < messages or events < messages:
            kind = self.members[0].socket.json()["type"]
            acks += kind == "ack"
            events += kind == "message.created"

    def close(self):
        for member in self.members:
            member.close()


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def server(request):
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres").database("aiim_counts")
    one = CountedServer(url).start()
    one.database = request.param
    yield one
    one.close()


def judge(scenario, counted):
    """Compares with the scenario's rows and shows everything that was counted."""
    print(f"{scenario}: " + ", ".join(f"{name} {value:g}" for name, value in counted.items() if value))
    wrong = [f"{name}: {counted[name]:g}, not within {least} … {most} (it was {measured} when the row was set)"
             for name, (least, most, measured) in BOUNDS[scenario].items() if not least <= counted[name] <= most]
    assert not wrong, f"{scenario}:\n" + "\n".join(wrong)


def one_by_one(server, members):
    room = Room(server, members, f"{server.database}{members}-")
    for _ in range(20):  # statements are prepared, buffers have their size
        room.send()
        room.receive()
    before = server.counts.read()
    for _ in range(MESSAGES):
        room.send()
        room.receive()
    counted = server.counts.since(before, MESSAGES)
    room.close()
    return counted


def test_a_message_between_two(server):
    judge(f"message between two, {server.database}", one_by_one(server, 2))


def test_a_message_to_a_room_costs_one_send_per_member_and_no_allocation(server):
    small, large = one_by_one(server, 2), one_by_one(server, 101)
    judge("one more member", {name: (large[name] - small[name]) / 99 for name in small})


def test_messages_that_meet_share_a_commit_and_a_write_per_member(server):
    members, burst = 51, 16
    room = Room(server, members, f"{server.database}-burst-")
    room.send()
    room.receive()
    counts = server.counts
    with counts.commits_held():
        held = counts["commits_held"]
        room.send()
        until(lambda: counts["commits_held"] > held, "the first message's commit is held")
        before = counts.read()
        room.send(burst)
        room.members[0].socket.say("ping", name="taken")  # answered at once: all before it have reached the store
        while room.members[0].socket.json().get("id") != "taken":
            pass
    room.receive(burst + 1)
    counted = counts.since(before, burst)
    room.close()
    judge(f"message of a burst of 16 to 51 members, {server.database}", counted)


def test_work_of_every_kind_shares_a_commit(server):
    room = Room(server, 2, f"{server.database}-kinds-")
    sender, reader = (member.socket for member in room.members)
    room.send()
    room.receive()
    sender.say("stream.start", {"conversation_id": room.conversation}, "start")
    while (reply := sender.json()).get("id") != "start":
        pass
    stream = reply["data"]["stream_id"]
    counts = server.counts

    def batch(n):
        """One message whose commit is held, and behind it a message, an append to the stream and a receipt."""
        with counts.commits_held():
            held = counts["commits_held"]
            room.send()
            until(lambda: counts["commits_held"] > held, "the first message's commit is held")
            before = counts.read()
            room.send()
            append = {"stream_id": stream, "n": n, "ops": [{"op": "text", "delta": TEXT_BYTES}]}
            sender.say("stream.append", append, f"append-{n}")
            reader.say("mark_delivered", {"conversation_id": room.conversation, "seq": n}, f"mark-{n}")
            for socket in (sender, reader):  # answered at once: all before it have reached the store
                socket.say("ping", name=f"taken-{n}")
                while socket.json().get("id") != f"taken-{n}":
                    pass
        acks, marked = {f"m{room.sent - 2}", f"m{room.sent - 1}", f"append-{n}"}, False
        while acks:
            reply = sender.json()
            assert reply["type"] != "error", reply
            if reply["type"] == "ack":
                acks.discard(reply["id"])
        while not marked:
            reply = reader.json()
            assert reply["type"] != "error", reply
            marked = reply.get("id") == f"mark-{n}"
        return counts.since(before)

    batch(1)  # statements are prepared
    counted = [batch(n) for n in range(2, 12)]
    room.close()
    # The median: the background's looks at the database fall into some.
    middle = {name: statistics.median(each[name] for each in counted) for name in counted[0]}
    judge(f"a batch of every kind, {server.database}", middle)


def test_a_burst_of_pings_is_one_read_and_one_write(server):
    member = Member(server, f"{server.database}-echo")
    ping = frame(TEXT, '{"type":"ping","id":"p"}')
    member.socket.sock.sendall(ping * 16)
    member.events("ack", 16)
    before = server.counts.read()
    for _ in range(50):
        member.socket.sock.sendall(ping * 16)
        member.events("ack", 16)
    counted = server.counts.since(before, 50 * 16)
    member.close()
    judge("ping of a burst of 16", counted)


def test_a_login_and_the_session_that_it_leaves(server):
    sessions = 101

    def log_in():
        return [Member(server, f"{server.database}-idle{i}") for i in range(sessions)]

    warm_up = log_in()  # users exist, tables have grown
    conversation = server.group(f"{server.database}-idle0", [f"{server.database}-idle{i}" for i in range(1, sessions)])
    for member in warm_up:
        member.events("conversation.created", 1)
        member.close()
    until(lambda: b"aiim_websocket_connections_active 0" in server.request("GET", "/metrics")[1], "the sessions are gone")
    before = server.counts.read()
    members = log_in()
    judge(f"login, {server.database}", server.counts.since(before, sessions))
    still(server, sessions)
    for member in members:
        member.close()


def still(server, sessions):
    """Idle sessions take part in nothing: what goes on without them is the worker's tick and the watch on credentials."""
    counts = server.counts
    kind = "sqlite_statements" if server.database == "sqlite" else "postgres_statements"
    start = counts.read()
    until(lambda: counts[kind] > start[kind], "the watch on credentials looked at the database")
    before = counts.read()
    until(lambda: counts[kind] > before[kind], "it looked again")
    judge("idle session between two looks at the database", counts.since(before, sessions))


def test_a_returning_client_syncs_in_few_statements(server):
    behind = 20
    room = Room(server, 2, f"{server.database}-sync-")
    view = server.call(room.users[1], "GET", f"/conversations/{room.conversation}")
    for _ in range(behind):
        room.send()
        room.receive()
    member = room.members[1]
    request = {"conversations": [{"conversation_id": room.conversation, "rev": view["rev"], "epoch": view["epoch"]}]}
    for counting in (False, True):
        before = server.counts.read()
        for _ in range(20):
            member.socket.say("sync", request, "s")
            reply = member.socket.json()
            assert reply["type"] == "ack" and len(reply["data"]["conversations"][0]["messages"]) == behind, reply
        if counting:
            judge(f"sync of 20 messages, {server.database}", server.counts.since(before, 20))
    room.close()


def test_a_message_over_http(server):
    conversation = server.direct(f"{server.database}-rest-a", f"{server.database}-rest-b")
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    headers = {"Authorization": "Bearer " + token(f"{server.database}-rest-a"), "Content-Type": "application/json"}

    def post(name):
        body = {"conversation_id": conversation, "type": "text", "content": {"text": TEXT_BYTES}, "client_msg_id": name}
        connection.request("POST", "/api/aiim/messages", json.dumps(body), headers)
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        answer.read()

    for i in range(10):
        post(f"w{i}")
    before = server.counts.read()
    for i in range(MESSAGES):
        post(f"m{i}")
    counted = server.counts.since(before, MESSAGES)
    connection.close()
    judge(f"message over HTTP, {server.database}", counted)
