"""Every row of the operation table for every kind of caller: the right answer, and no effect when refused."""

import asyncio
import itertools
import json
import subprocess
import time

import pytest
import websockets

from device import Device
from harness import BINARY, token

TABLE = {row["name"]: row for row in json.loads(subprocess.run([BINARY, "schema", "operations"], check=True, capture_output=True).stdout)}

CALLERS = ["none", "bad", "expired", "other_tenant", "outsider", "removed", "suspended", "member", "admin", "owner"]
USER_OF = {"outsider": "out", "removed": "rem", "suspended": "sus", "member": "mem", "admin": "adm", "owner": "own", "other_tenant": "own"}
fresh = itertools.count(1)


def headers(caller):
    if caller == "none":
        return {}
    if caller == "bad":
        return {"Authorization": "Bearer " + token("mem", secret="some other secret that nobody here has used")}
    if caller == "expired":
        return {"Authorization": "Bearer " + token("mem", ttl=-1)}
    return {"Authorization": "Bearer " + token(USER_OF[caller], "elsewhere" if caller == "other_tenant" else None)}


class Place:
    """A group with one of each, and a direct conversation; watchers listen on the members' sockets."""

    def __init__(self, server):
        self.server = server
        assert server.cli("user", "add", "own", "--admin", "--data-dir", str(server.data)).returncode == 0
        while server.request("GET", "/api/aiim/api-keys", headers=headers("owner"))[0] != 200:
            time.sleep(0.1)
        self.group = server.group("own", ["adm", "mem", "rem", "sus"])
        server.call("own", "PATCH", f"/conversations/{self.group}/members/adm", {"role": "admin"})
        server.call("own", "DELETE", f"/conversations/{self.group}/members/rem", expect=204)
        self.message = self.say("own")

    def say(self, user):
        body = {"conversation_id": self.group, "type": "text", "content": {"text": "hello"}}
        return self.server.call(user, "POST", "/messages", body)["message"]["message_id"]

    def state(self):
        view = self.server.call("own", "GET", f"/conversations/{self.group}")
        members = self.server.call("own", "GET", f"/conversations/{self.group}/members")["members"]
        history = self.server.call("own", "GET", f"/messages/{self.group}")["messages"]
        return json.dumps([{k: view[k] for k in ("name", "rev", "last_seq", "member_count", "muted", "pinned")}, members, history])

    def stream(self):
        """An open stream of the owner's, at n = 1."""
        body = {"conversation_id": self.group, "chunk": "once", "stream_end": False, "client_msg_id": f"stream{next(fresh)}"}
        return self.server.call("own", "POST", "/messages/stream", body)["message"]["message_id"]

    def key(self):
        return self.server.call("own", "POST", "/api-keys", {"user_id": f"keybot{next(fresh)}"})["api_key"]["key_id"]

    def newcomer(self):
        user = f"new{next(fresh)}"
        self.server.call("own", "POST", f"/conversations/{self.group}/members", {"user_ids": [user]})
        return user


# How each operation is called: (method, path, body) for a caller's user, on a conversation (a missing one in the
# comparison of refusals). What is returned is sent as REST, and as a frame where the row has a type.
def in_group(method, path, body=None):
    def build(place, user, conversation):
        return method, path.format(c=conversation, m=place.message), body and {**body}
    return build


def with_id(path, **body):
    def build(place, user, conversation):
        return "POST", path, {"conversation_id": conversation, **{k: place.message if v == "MESSAGE" else v for k, v in body.items()}}
    return build


def own_message(method, path, body=None):
    def build(place, user, conversation):
        is_member = user in ("own", "adm", "mem")
        message = place.say(user) if is_member and conversation == place.group else place.message
        return method, path.format(c=conversation, m=message), body
    return build


def on_newcomer(method, body=None):
    def build(place, user, conversation):
        return method, f"/conversations/{conversation}/members/{place.newcomer()}", body
    return build


def add_somebody(place, user, conversation):
    return "POST", f"/conversations/{conversation}/members", {"user_ids": [f"added{next(fresh)}"]}


def leave(place, user, conversation):
    return "DELETE", f"/conversations/{conversation}", None


EVERYBODY = {c: 200 for c in CALLERS} | {"none": 401, "bad": 401, "expired": 401, "suspended": 401}
MEMBERS = EVERYBODY | {"other_tenant": 404, "outsider": 404, "removed": 404}
MANAGERS = MEMBERS | {"member": 403}
OWNER_ONLY_SENDER = MANAGERS | {"admin": 403}
ADMINS = EVERYBODY | {c: 403 for c in ("other_tenant", "outsider", "removed", "member", "admin")}  # the owner is made an admin of the tenant
OPEN = {c: 401 for c in CALLERS}  # no credentials needed, but these names and tokens are wrong


def nothing(statuses):
    return {c: 204 if s == 200 else s for c, s in statuses.items()}


EXPECTED = {
    # name: (how to call it, status by caller)
    "login": (lambda p, u, c: ("POST", "/auth/login", {"username": f"nobody{next(fresh)}", "password": "wrong-password"}), OPEN),
    "register": (lambda p, u, c: ("POST", "/auth/register", {"username": "mem", "password": "password-1"}), {c: 403 for c in CALLERS}),
    "refresh": (lambda p, u, c: ("POST", "/auth/refresh", {"refresh_token": "sess_x.y.z"}), OPEN),
    "logout": (lambda p, u, c: ("POST", "/auth/logout", {}), nothing(EVERYBODY)),
    "get_me": (lambda p, u, c: ("GET", "/users/me", None), EVERYBODY),
    "update_me": (lambda p, u, c: ("PATCH", "/users/me", {"display_name": f"{u}!"}), EVERYBODY),
    "list_sessions": (lambda p, u, c: ("GET", "/users/me/sessions", None), EVERYBODY),
    "revoke_sessions": (lambda p, u, c: ("DELETE", "/users/me/sessions", None), nothing(EVERYBODY)),
    "update_user": (lambda p, u, c: ("PATCH", "/users/mem", {"display_name": f"mem {next(fresh)}"}), ADMINS),
    "read_audit_log": (lambda p, u, c: ("GET", "/audit-log", None), ADMINS),
    "create_api_key": (lambda p, u, c: ("POST", "/api-keys", {"user_id": f"keybot{next(fresh)}"}), ADMINS),
    "list_api_keys": (lambda p, u, c: ("GET", "/api-keys", None), ADMINS),
    "revoke_api_key": (lambda p, u, c: ("DELETE", "/api-keys/" + p.key(), None), nothing(ADMINS)),
    "get_user": (lambda p, u, c: ("GET", "/users/mem", None), EVERYBODY | {"other_tenant": 404}),
    "search_users": (lambda p, u, c: ("GET", "/users?query=m", None), EVERYBODY),
    "create_conversation": (lambda p, u, c: ("POST", "/conversations", {"type": "group", "member_ids": []}), EVERYBODY),
    "list_conversations": (lambda p, u, c: ("GET", "/conversations", None), EVERYBODY),
    "get_conversation": (in_group("GET", "/conversations/{c}"), MEMBERS),
    "update_conversation": (lambda p, u, c: ("PATCH", f"/conversations/{c}", {"name": f"name {next(fresh)}"}), MANAGERS),
    "leave_conversation": (leave, nothing(MEMBERS)),
    "list_members": (in_group("GET", "/conversations/{c}/members"), MEMBERS),
    "add_members": (add_somebody, MANAGERS),
    "change_role": (on_newcomer("PATCH", {"role": "admin"}), MANAGERS),
    "remove_member": (on_newcomer("DELETE"), nothing(MANAGERS) | {"member": 403}),
    "read_changes": (in_group("GET", "/conversations/{c}/changes"), MEMBERS),
    "sync": (lambda p, u, c: ("WS", "sync", {"conversations": [{"conversation_id": c, "rev": 0}]}), EVERYBODY),
    "send_message": (with_id("/messages", type="text", content={"text": "hi"}), MEMBERS),
    "read_messages": (in_group("GET", "/messages/{c}"), MEMBERS),
    "get_message": (in_group("GET", "/messages/{c}/{m}"), MEMBERS),
    "edit_message": (in_group("PATCH", "/messages/{c}/{m}", {"content": {"text": "changed"}}), OWNER_ONLY_SENDER),
    "recall_message": (lambda p, u, c: ("DELETE", f"/messages/{c}/{p.say('own')}", None), MANAGERS),
    "react": (lambda p, u, c: ("PUT", f"/messages/{c}/{p.message}/reactions/x{next(fresh)}", None), MEMBERS),
    "unreact": (lambda p, u, c: ("DELETE", f"/messages/{c}/{p.message}/reactions/none", None), MEMBERS),
    "mark_delivered": (with_id("/receipts/delivered", seq=1), nothing(MEMBERS)),
    "mark_read": (with_id("/receipts/read", seq=1), nothing(MEMBERS)),
    "get_receipts": (in_group("GET", "/receipts/{c}/{m}"), MEMBERS),
    "typing": (lambda p, u, c: ("WS", "", {"conversation_id": c, "state": "start"}), MEMBERS),
    "watch_presence": (lambda p, u, c: ("WS", "", {"user_ids": ["mem"]}), EVERYBODY),
    "set_presence": (lambda p, u, c: ("WS", "", {"state": "online"}), EVERYBODY),
    "start_stream": (lambda p, u, c: ("WS", "", {"conversation_id": c}), MEMBERS),
    "append_stream": (lambda p, u, c: ("WS", "", {"stream_id": p.stream(), "n": 2, "ops": [{"op": "text", "delta": "x"}]}), OWNER_ONLY_SENDER),
    "end_stream": (lambda p, u, c: ("WS", "", {"stream_id": p.stream(), "status": "complete"}), OWNER_ONLY_SENDER),
    "cancel_stream": (lambda p, u, c: ("WS", "", {"stream_id": p.stream()}), MEMBERS),
    "watch_stream": (lambda p, u, c: ("WS", "", {"stream_id": p.stream(), "n": 0}), MEMBERS),
    "stream_chunk": (lambda p, u, c: ("POST", "/messages/stream", {"conversation_id": c, "chunk": "x", "client_msg_id": f"sc{next(fresh)}"}), MEMBERS),
    "ping": (lambda p, u, c: ("WS", "ping", {}), EVERYBODY),
}


def test_every_row_of_the_table_has_expectations():
    assert set(TABLE) == set(EXPECTED)


@pytest.fixture(scope="module")
def place(shared_server):
    shared_server.call("sus", "GET", "/users/me")
    made = Place(shared_server)
    done = shared_server.cli("user", "suspend", "sus", "--data-dir", str(shared_server.data))
    assert done.returncode == 0, done.stderr
    deadline = 50
    while shared_server.request("GET", "/api/aiim/users/me", headers=headers("suspended"))[0] != 401:
        deadline -= 1
        assert deadline, "the suspension did not reach the server"
        time.sleep(0.1)
    return made


def without_request_id(answer):
    return {k: v for k, v in answer.items() if k != "request_id"} if isinstance(answer, dict) else answer


def rest_answer(place, build, caller, conversation):
    method, path, body = build(place, USER_OF.get(caller, "mem"), conversation)
    status, answer, _ = place.server.request(method, "/api/aiim" + path, body, headers(caller))
    return status, answer


def missing_answer(place, build, caller):
    """The same call on a conversation that never was: its answer must look the same."""
    method, path, body = build(place, USER_OF.get(caller, "mem"), "conv_00000000000000000000000000")
    return place.server.request(method, "/api/aiim" + path, body, headers(caller))


REST = [name for name, row in TABLE.items() if row["http"]]
FRAMES = [name for name, row in TABLE.items() if row["ws"]]


@pytest.mark.parametrize("name", REST)
def test_rest(place, name):
    build, statuses = EXPECTED[name]
    for caller in CALLERS[:3] if name == "login" else CALLERS:  # wrong logins from one address soon have to wait
        if name == "leave_conversation" and statuses[caller] == 204:
            continue  # has a test of its own: the place must stay as it is
        # Building may prepare something (a message, a newcomer): the state is compared around the call alone.
        method, path, body = build(place, USER_OF.get(caller, "mem"), place.group)
        before = place.state()
        status, answer, _ = place.server.request(method, "/api/aiim" + path, body, headers(caller))
        assert status == statuses[caller], (name, caller, status, answer)
        if status >= 400:
            assert answer["code"] in {401: ("unauthenticated", "suspended"), 403: ("forbidden",), 404: ("not_found",)}[status], answer
            assert (answer["code"] == "suspended") == (caller == "suspended" and TABLE[name]["access"] != "anyone"), answer
            assert place.state() == before, f"{name} by {caller} was refused and changed something"
        if status == 404 and place.group in path + json.dumps(body or {}):
            missing_status, missing, _ = missing_answer(place, build, caller)
            assert (missing_status, without_request_id(missing)) == (404, without_request_id(answer)), "missing and forbidden differ"


def frame_of(name, method, path, body):
    """The data of a frame that asks for the same as a REST call."""
    if method == "WS":
        return body
    data = dict(body or {})
    parts = path.strip("/").split("/")
    if parts[0] == "messages" and len(parts) >= 3:
        data |= {"conversation_id": parts[1], "message_id": parts[2]}
        if len(parts) == 5:
            data["emoji"] = parts[4]
    return data


def protocols(caller):
    value = headers(caller).get("Authorization", "")
    return ["bearer", value.removeprefix("Bearer ")] if value else None


def test_frames(place):
    async def whole():
        watchers = [await Device(place.server, user).connect() for user in ("own", "adm", "mem")]
        for watcher in watchers:
            watcher.keep_events = True
        for caller in CALLERS:
            if caller in ("bad", "expired", "suspended"):
                socket = await websockets.connect(place.server.ws_url, subprotocols=protocols(caller))
                with pytest.raises(websockets.ConnectionClosed):
                    while True:
                        assert json.loads(await asyncio.wait_for(socket.recv(), 10))["type"] in ("error", "bye")
                assert socket.close_code == 4401
                continue
            if caller == "none":
                async with websockets.connect(place.server.ws_url) as socket:
                    for name in FRAMES:
                        await socket.send(json.dumps({"type": TABLE[name]["ws"], "id": "1", "data": {"conversation_id": place.group}}))
                        reply = json.loads(await asyncio.wait_for(socket.recv(), 10))
                        assert name == "ping" or reply["error"]["code"] == "unauthenticated", (name, reply)
                continue
            device = await Device(place.server, USER_OF[caller], "elsewhere" if caller == "other_tenant" else None).connect()
            for name in FRAMES:
                build, statuses = EXPECTED[name]
                loop = asyncio.get_running_loop()
                method, path, body = await loop.run_in_executor(None, build, place, USER_OF[caller], place.group)
                before = await loop.run_in_executor(None, place.state)
                await asyncio.sleep(0.25 if statuses[caller] >= 400 else 0)
                for watcher in watchers:
                    watcher.events.clear()
                reply = await device.ask(TABLE[name]["ws"], frame_of(name, method, path, body))
                if statuses[caller] < 400:
                    assert reply["type"] == "ack", (name, caller, reply)
                    continue
                assert reply["error"]["code"] == {403: "forbidden", 404: "not_found"}[statuses[caller]], (name, caller, reply)
                assert await loop.run_in_executor(None, place.state) == before
                assert not [e for w in watchers for e in w.events], f"{name} by {caller} was refused and told others"
            await device.close()
        for watcher in watchers:
            await watcher.close()

    asyncio.run(whole())


def test_leaving(place):
    """Members may leave; afterwards everything of the group is missing for them."""
    user = place.newcomer()
    place.server.call(user, "DELETE", f"/conversations/{place.group}", expect=204)
    place.server.call(user, "GET", f"/conversations/{place.group}", expect=404)
    place.server.call(user, "DELETE", f"/conversations/{place.group}", expect=404)


def test_audited_operations_leave_a_row_each(place):
    """In the transaction of the operation: read from the database itself."""
    import sqlite3
    server = place.server
    if server.database_url:
        import psycopg2
        connection = psycopg2.connect(server.database_url)
    else:
        connection = sqlite3.connect(server.data / "aiim.db")
    cursor = connection.cursor()
    cursor.execute("SELECT DISTINCT operation FROM audit_log")
    seen = {row[0] for row in cursor.fetchall()}
    connection.close()
    audited = {name for name, row in TABLE.items() if row["audited"]} - {"login", "register", "logout", "revoke_sessions"}
    assert audited <= seen, audited - seen
    assert "user.suspend" in seen
