"""Whatever ends somebody's right to be here reaches their open sockets within five seconds: on every worker and node."""

import asyncio
import itertools
import json
import signal
import time

import pytest
import websockets

from device import Device
from harness import SLOW, Server, token

PASSWORD = "correct horse battery staple"
SECONDS = 5 * SLOW
fresh = itertools.count(1)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def place(request):
    """Four workers, and an admin."""
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres").database("revocation")
    server = Server(url, AIIM_WORKERS="4")
    server.start()
    server.data_flags = ("--data-dir", str(server.data))
    assert server.cli("user", "add", "boss", "--admin", *server.data_flags).returncode == 0
    yield server
    server.close()


async def aside(function, *args, **kwargs):
    return await asyncio.get_running_loop().run_in_executor(None, lambda: function(*args, **kwargs))


async def open_socket(server, bearer=None, key=None):
    headers = {"X-API-Key": key} if key else {}
    protocols = ["bearer", bearer] if bearer else None
    socket = await websockets.connect(server.ws_url, subprotocols=protocols, extra_headers=headers, ping_interval=None)
    assert json.loads(await asyncio.wait_for(socket.recv(), 10))["type"] == "hello"
    return socket


async def ended(socket):
    """The last frame before the close, and its code."""
    last = None
    try:
        while True:
            last = json.loads(await socket.recv())
    except websockets.ConnectionClosed:
        return last, socket.close_code


async def all_end(sockets, cause):
    """Runs `cause`; every socket must say goodbye in time."""
    await aside(cause)
    begun = time.monotonic()
    for last, code in await asyncio.wait_for(asyncio.gather(*map(ended, sockets)), SECONDS + 10):
        assert code == 4401 and last["type"] == "bye" and last["data"]["reason"] == "unauthenticated", (last, code)
    assert time.monotonic() - begun < SECONDS


def add_user(server, name):
    assert server.cli("user", "add", name, "--password", *server.data_flags, input=PASSWORD + "\n").returncode == 0
    return lambda: server.request("POST", "/api/aiim/auth/login", {"username": name, "password": PASSWORD})[1]


def ended_by_refresh(server, login):
    tokens = login()
    stale = {"refresh_token": tokens["refresh_token"]}
    assert server.request("POST", "/api/aiim/auth/refresh", stale)[0] == 200
    return tokens, lambda: server.request("POST", "/api/aiim/auth/refresh", stale)


def ended_by_logout(server, login):
    tokens = login()
    return tokens, lambda: server.request("POST", "/api/aiim/auth/logout", {}, {"Authorization": "Bearer " + tokens["access_token"]})


def ended_by_another_device(server, login):
    tokens, other = login(), login()
    return tokens, lambda: server.request("DELETE", "/api/aiim/users/me/sessions", headers={"Authorization": "Bearer " + other["access_token"]})


def ended_by_a_new_password(server, login):
    tokens = login()
    user = tokens["user"]["user_id"]
    return tokens, lambda: server.cli("user", "passwd", user, *server.data_flags, input="another password\n")


@pytest.mark.parametrize("way", [ended_by_refresh, ended_by_logout, ended_by_another_device, ended_by_a_new_password])
def test_the_end_of_a_login_ends_its_sockets_and_no_others(place, way):
    user = f"person{next(fresh)}"
    login = add_user(place, user)

    async def whole():
        tokens, cause = await aside(way, place, login)
        bystander = await open_socket(place, token(user))  # signed elsewhere: belongs to no login
        sockets = [await open_socket(place, tokens["access_token"]) for _ in range(12)]
        await all_end(sockets, cause)
        await bystander.send('{"type":"ping","id":"1"}')
        assert json.loads(await asyncio.wait_for(bystander.recv(), 10))["type"] == "ack"
        await bystander.close()

    asyncio.run(whole())


@pytest.mark.parametrize("way", ["cli", "rest"])
def test_suspension_ends_every_socket_and_activation_lets_in_again(place, way):
    user = f"person{next(fresh)}"
    place.call(user, "GET", "/users/me")
    key = place.call("boss", "POST", "/api-keys", {"user_id": f"bot{user}"})

    def suspend(name, status="suspended"):
        if way == "cli":
            assert place.cli("user", "suspend" if status == "suspended" else "activate", name, *place.data_flags).returncode == 0
        else:
            assert place.call("boss", "PATCH", f"/users/{name}", {"status": status})["status"] == status

    async def whole():
        sockets = [await open_socket(place, token(user)) for _ in range(12)]
        robots = [await open_socket(place, key=key["key"]) for _ in range(4)]
        await all_end(sockets, lambda: suspend(user))
        await all_end(robots, lambda: suspend(f"bot{user}"))
        refused = await websockets.connect(place.ws_url, subprotocols=["bearer", token(user)])
        last, code = await ended(refused)
        assert code == 4401
        assert (await aside(place.request, "GET", "/api/aiim/users/me", headers={"Authorization": "Bearer " + token(user)}))[1]["code"] == "suspended"
        await aside(suspend, user, "active")
        end = time.monotonic() + SECONDS
        while (await aside(place.request, "GET", "/api/aiim/users/me", headers={"Authorization": "Bearer " + token(user)}))[0] != 200:
            assert time.monotonic() < end
            await asyncio.sleep(0.1)

    asyncio.run(whole())


@pytest.mark.parametrize("way", ["cli", "rest"])
def test_a_revoked_key_ends_its_sockets_and_no_others(place, way):
    bot = f"bot{next(fresh)}"
    made, kept = (place.call("boss", "POST", "/api-keys", {"user_id": bot}) for _ in range(2))

    def revoke():
        if way == "cli":
            assert place.cli("apikey", "revoke", made["api_key"]["key_id"], *place.data_flags).returncode == 0
        else:
            place.call("boss", "DELETE", "/api-keys/" + made["api_key"]["key_id"], expect=204)

    async def whole():
        bystander = await open_socket(place, key=kept["key"])
        await all_end([await open_socket(place, key=made["key"]) for _ in range(12)], revoke)
        await bystander.send('{"type":"ping","id":"1"}')
        assert json.loads(await asyncio.wait_for(bystander.recv(), 10))["type"] == "ack"
        await bystander.close()

    asyncio.run(whole())


def test_expiry_ends_a_socket_unless_it_was_extended_and_a_shorter_token_shortens(place):
    async def whole():
        user = f"person{next(fresh)}"
        short, extended, shortened = [await open_socket(place, token(user, ttl=ttl)) for ttl in (4, 4, 3600)]
        for socket, ttl in ((extended, 3600), (shortened, 4)):
            await socket.send(json.dumps({"type": "auth", "id": "1", "data": {"token": token(user, ttl=ttl)}}))
            assert json.loads(await socket.recv())["type"] == "ack"
        for socket in (short, shortened):
            last, code = await asyncio.wait_for(ended(socket), 4 + SECONDS)
            assert code == 4401 and last["type"] == "bye" and last["data"]["reason"] == "unauthenticated"
        await extended.send('{"type":"ping","id":"2"}')
        assert json.loads(await extended.recv())["id"] == "2"
        await extended.close()

    asyncio.run(whole())


def test_after_auth_a_socket_belongs_to_the_new_login(place):
    user = f"person{next(fresh)}"
    login = add_user(place, user)

    async def whole():
        old, new = await aside(login), await aside(login)
        socket = await open_socket(place, old["access_token"])
        await socket.send(json.dumps({"type": "auth", "id": "1", "data": {"token": new["access_token"]}}))
        assert json.loads(await socket.recv())["type"] == "ack"
        out = lambda tokens: place.request("POST", "/api/aiim/auth/logout", {}, {"Authorization": "Bearer " + tokens["access_token"]})
        await aside(out, old)
        await socket.send('{"type":"ping","id":"2"}')
        assert json.loads(await socket.recv())["id"] == "2"
        await all_end([socket], lambda: out(new))

    asyncio.run(whole())


@pytest.mark.parametrize("wrong", [lambda user: token(user + "x"), lambda user: token(user, "elsewhere"), lambda user: token(user, ttl=-1), lambda user: "x.y.z"])
def test_auth_that_does_not_belong_to_the_sockets_user_ends_it(place, wrong):
    async def whole():
        user = f"person{next(fresh)}"
        socket = await open_socket(place, token(user))
        await socket.send(json.dumps({"type": "auth", "id": "1", "data": {"token": wrong(user)}}))
        error = json.loads(await socket.recv())
        assert error["id"] == "1" and error["error"]["code"] == "unauthenticated"
        last, code = await asyncio.wait_for(ended(socket), 10)
        assert code == 4401 and last["data"]["reason"] == "unauthenticated"

    asyncio.run(whole())


def test_the_removed_get_nothing_more_on_any_of_their_sockets(place):
    owner, gone = f"person{next(fresh)}", f"person{next(fresh)}"
    group = place.group(owner, [gone])

    async def whole():
        devices = [await Device(place, gone).connect() for _ in range(12)]
        for device in devices:
            device.keep_events = True
        await aside(place.call, owner, "DELETE", f"/conversations/{group}/members/{gone}", expect=204)
        await aside(place.call, owner, "POST", "/messages", {"conversation_id": group, "content": "a secret"})
        end = time.monotonic() + SECONDS
        while not all(any(e["type"] == "conversation.removed" for e in device.events) for device in devices):
            assert time.monotonic() < end
            await asyncio.sleep(0.05)
        for device in devices:
            await device.do("ping", {})
            assert "a secret" not in json.dumps(device.events)
            await device.close()

    asyncio.run(whole())


def test_another_node_on_the_same_database_ends_its_sockets_too(postgres):
    url = postgres.database("two_nodes")
    nodes = [Server(url), Server(url)]
    for node in nodes:
        node.start()
    here, there = nodes
    try:
        assert here.cli("user", "add", "boss", "--admin", "--data-dir", str(here.data)).returncode == 0
        for node in nodes:
            node.call("guest", "GET", "/users/me")

        async def whole():
            sockets = [await open_socket(node, token("guest")) for node in nodes for _ in range(4)]
            await all_end(sockets, lambda: here.call("boss", "PATCH", "/users/guest", {"status": "suspended"}))
            assert (await aside(there.request, "GET", "/api/aiim/users/me", headers={"Authorization": "Bearer " + token("guest")}))[0] == 401

        asyncio.run(whole())
    finally:
        for node in nodes:
            node.close()


def test_a_server_that_was_held_for_a_while_learns_what_changed_meanwhile():
    server = Server()
    server.start()

    async def whole():
        socket = await open_socket(server, token("victim"))
        server.process.send_signal(signal.SIGSTOP)
        try:
            done = await aside(server.cli, "user", "suspend", "victim", "--data-dir", str(server.data))
            await asyncio.sleep(14)
        finally:
            server.process.send_signal(signal.SIGCONT)
        assert done.returncode == 0, done.stderr
        _, code = await asyncio.wait_for(ended(socket), SECONDS + 10)
        assert code == 4401

    try:
        asyncio.run(whole())
    finally:
        server.close()
