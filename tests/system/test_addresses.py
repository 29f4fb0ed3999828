"""Whose request it is behind proxies, who is let in, and how many connections, requests and guesses there may be."""

import asyncio
import contextlib
import itertools
import json
import re
import select
import subprocess
import time

import pytest
import websockets

from device import Device
from harness import BINARY, Server, free_port, token
from raw import RawSocket, connect, read_answer


@contextlib.contextmanager
def running(**settings):
    server = Server(**settings)
    server.start()
    try:
        yield server
    finally:
        server.close()


def ask(server, forwarded=None, path="/api/aiim/users/me", user="somebody"):
    headers = {"Authorization": "Bearer " + token(user), **({"X-Forwarded-For": forwarded} if forwarded else {})}
    return server.request("GET", path, headers=headers)


def addresses_of(server, user):
    """As the log has them; a request is logged after its answer was sent."""
    end = time.monotonic() + 10
    while not (found := re.findall(rf"address=(\S+) tenant_id=\S* user_id={user}\b", server.log())) and time.monotonic() < end:
        time.sleep(0.02)
    return found


def test_the_address_behind_trusted_proxies_is_the_one_that_counts():
    with running(AIIM_TRUSTED_PROXIES="127.0.0.0/8, 10.0.0.0/8, 2001:db8:1::/48") as server:
        for user, forwarded, address in (("plain", None, "127.0.0.1"), ("one", "203.0.113.7", "203.0.113.7"),
                                         ("spoofed", "1.1.1.1, 203.0.113.7, 10.0.0.3", "203.0.113.7"), ("six", "2001:DB8:0:0::1, 2001:db8:1::5", "2001:db8::1"),
                                         ("nonsense", "1.1.1.1, <script>", "127.0.0.1")):
            assert ask(server, forwarded, user=user)[0] == 200
            assert addresses_of(server, user) == [address], user
        # It is kept with a login, and written to the audit log.
        data = ("--data-dir", str(server.data))
        server.cli("user", "add", "boss", "--admin", "--password", *data, input="a good password\n")
        status, tokens, _ = server.request("POST", "/api/aiim/auth/login", {"username": "boss", "password": "a good password"}, {"X-Forwarded-For": "203.0.113.9"})
        bearer = {"Authorization": "Bearer " + tokens["access_token"]}
        assert server.request("GET", "/api/aiim/users/me/sessions", headers=bearer)[1]["sessions"][0]["address"] == "203.0.113.9"
        assert server.request("GET", "/api/aiim/audit-log", headers=bearer)[1]["entries"][0]["address"] == "203.0.113.9"
        # Several lines are one list.
        with connect(server) as sock:
            sock.sendall(f"GET /api/aiim/users/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token('lines')}\r\n"
                         "X-Forwarded-For: 1.1.1.1, 203.0.113.7\r\nX-Forwarded-For: 10.0.0.9\r\n\r\n".encode())
            assert read_answer(sock.makefile("rb"))[0] == 200
        assert addresses_of(server, "lines") == ["203.0.113.7"]


def test_without_trusted_proxies_nobody_chooses_an_address():
    with running() as server:
        assert ask(server, "203.0.113.7", user="liar")[0] == 200
        assert addresses_of(server, "liar") == ["127.0.0.1"]


def test_lists_of_addresses_let_in_and_keep_out():
    with running(AIIM_TRUSTED_PROXIES="127.0.0.1", AIIM_IP_ALLOW="203.0.113.0/24,2001:db8::/32", AIIM_IP_DENY="203.0.113.66,2001:db8:bad::/48") as server:
        for forwarded, status in (("203.0.113.7", 200), ("2001:db8::7", 200), ("203.0.113.66", 403), ("2001:db8:bad::1", 403), ("198.51.100.1", 403),
                                  ("203.0.113.7, 198.51.100.1", 403), (None, 403)):
            got, answer, _ = ask(server, forwarded)
            assert got == status and (status == 200 or answer["code"] == "forbidden"), (forwarded, got)
            assert ask(server, forwarded, "/")[0] == status
            with RawSocket(server, "somebody", **({"X_Forwarded_For": forwarded} if forwarded else {})) as socket:
                assert socket.answer[0] == (101 if status == 200 else 403)
        assert server.request("GET", "/healthz")[0] == 200 and server.request("GET", "/ready")[0] == 200  # probes come from anywhere
        assert server.request("GET", "/metrics")[0] == 403


def test_limits_count_by_the_address_that_was_found():
    with running(AIIM_TRUSTED_PROXIES="127.0.0.1", RATE_LIMIT_PER_SEC="1") as server:
        stranger = lambda address: server.request("GET", "/api/aiim/users/me", headers={"X-Forwarded-For": address})
        while (answer := stranger("2001:db8::1"))[0] == 401:
            pass
        assert answer[0] == 429 and answer[2]["RateLimit-Policy"].startswith('"address"')
        assert stranger("2001:db8::2")[0] == 429, "the same subscriber"
        assert stranger("2001:db8:0:1::2")[0] == 401 and stranger("203.0.113.7")[0] == 401


async def ending(server, user=None):
    """The frames of a socket until it is closed, and the code; None and the socket when it answers a ping instead."""
    socket = await websockets.connect(server.ws_url, subprotocols=["bearer", token(user)] if user else None, ping_interval=None, close_timeout=0.2)
    frames = []
    try:
        with contextlib.suppress(websockets.ConnectionClosed):
            await socket.send('{"type":"ping","id":"open?"}')
        while not frames or frames[-1].get("id") != "open?":
            frames.append(json.loads(await asyncio.wait_for(socket.recv(), 30)))
        return frames, None, socket
    except websockets.ConnectionClosed:
        return frames, socket.close_code, None


def test_a_user_has_as_many_sockets_as_the_setting_says_over_all_workers():
    async def whole(server):
        held = [await ending(server, "alice") for _ in range(5)]
        assert all(code is None for _, code, _ in held)
        frames, code, _ = await ending(server, "alice")
        assert code == 4429 and frames[-1]["error"]["code"] == "rate_limited" and frames[-1]["error"]["retry_after_ms"] > 0
        assert (await ending(server, "bob"))[1] is None
        await held[0][2].close()
        end = time.monotonic() + 10
        while (await ending(server, "alice"))[1] == 4429:
            assert time.monotonic() < end

    with running(AIIM_SESSIONS_PER_USER_MAX="5", AIIM_WORKERS="4") as server:
        asyncio.run(whole(server))


def test_an_address_may_not_hold_many_sockets_that_do_not_say_who_they_are():
    async def whole(server):
        held = [await ending(server) for _ in range(3)]
        assert all(code is None for _, code, _ in held)
        frames, code, _ = await ending(server)
        assert code == 4429 and frames[-1]["error"]["code"] == "rate_limited"
        assert (await ending(server, "alice"))[1] is None, "who does is not concerned"
        await held[0][2].send(json.dumps({"type": "auth", "data": {"token": token("bob")}}))
        assert json.loads(await held[0][2].recv())["type"] == "hello"
        assert (await ending(server))[1] is None, "and neither is who has done so"

    with running(AIIM_WAITING_PER_ADDRESS_MAX="3") as server:
        asyncio.run(whole(server))


def test_above_MAX_CONNECTIONS_sockets_are_told_so_and_probes_are_answered():
    with running(MAX_CONNECTIONS="6") as server:
        held = [RawSocket(server, "alice") for _ in range(6)]
        assert all(socket.json()["type"] == "hello" for socket in held)
        with RawSocket(server, "bob") as socket:
            frames, code = socket.until_closed()
            assert code == 4429 and frames[-1]["error"]["code"] == "rate_limited" and frames[-1]["error"]["retry_after_ms"] > 0
        status, problem, headers = ask(server)
        assert status == 503 and problem["code"] == "unavailable" and int(headers["Retry-After"]) >= 1 and headers["Connection"] == "close"
        assert server.request("GET", "/health")[0] == 200 and server.request("GET", "/metrics")[0] == 200
        spare = []  # which have an end as well
        while not select.select(spare, [], [], 0.05)[0]:
            spare.append(connect(server))
            assert len(spare) < 30
        refused = select.select(spare, [], [], 0)[0][0]
        assert read_answer(refused.makefile("rb"))[0] == 503
        for each in [*held, *spare]:
            each.close()
        end = time.monotonic() + 10
        while ask(server)[0] != 200:
            assert time.monotonic() < end


def test_a_key_that_may_not_read_gets_no_socket():
    with running() as server:
        data = ("--data-dir", str(server.data))
        keys = {scope: server.cli("apikey", "create", "robot", "--scopes", scope, *data).stdout.strip() for scope in ("read", "write")}
        with RawSocket(server, X_API_Key=keys["write"]) as socket:
            frames, code = socket.until_closed()
            assert code == 4403 and frames[-1]["error"]["code"] == "forbidden"
        with RawSocket(server, X_API_Key=keys["read"]) as socket:
            assert socket.json()["type"] == "hello"


def until_refused(call, most=400):
    """How often it was done before the limit, the policy's name, and the seconds that it took."""
    begun = time.monotonic()
    for n in range(most):
        status, problem, headers = call()
        if status == 429:
            assert problem["code"] == "rate_limited"
            policy = re.fullmatch(r'"(\w+)";q=(\d+);w=(\d+)', headers["RateLimit-Policy"])
            limit = re.fullmatch(r'"(\w+)";r=0;t=(\d+)', headers["RateLimit"])
            assert policy and limit and policy[1] == limit[1] and int(headers["Retry-After"]) == int(limit[2]) >= 1
            return n, policy[1], time.monotonic() - begun
    raise AssertionError(f"never refused in {most}")


@pytest.mark.parametrize("rate", [0.5, 2])
def test_every_class_has_its_limit_and_RATE_LIMIT_PER_SEC_scales_them_all(rate):
    classes = {"write": (1, 4), "read": (4, 20), "receipt": (4, 20), "stream": (4, 20), "login": (0.2, 0.4)}  # multiples: per second, at once
    with running(RATE_LIMIT_PER_SEC=str(rate), AIIM_TRUSTED_PROXIES="127.0.0.1") as server:
        addresses = itertools.count(1)  # each request from another one: the limit per address is not what is shown here

        def call(user, method, path, body=None, address=None, tenant=None):
            headers = {"X-Forwarded-For": address or f"203.0.113.{next(addresses) % 250}", **({"Authorization": "Bearer " + token(user, tenant)} if user else {})}
            return server.request(method, "/api/aiim" + path, body, headers)

        conversation = server.direct("alice", "bob")
        calls = {"write": ("PATCH", "/users/me", {"display_name": "x"}), "read": ("GET", "/users/me"),
                 "receipt": ("POST", "/receipts/read", {"conversation_id": conversation, "seq": 0}),
                 "stream": ("POST", "/messages/stream", {"conversation_id": conversation, "chunk": "x", "client_msg_id": "m"}),
                 "login": ("POST", "/auth/refresh", {"refresh_token": "x"})}
        for name, request in calls.items():
            anyone = name == "login"
            limited = lambda: call(None if anyone else "carl", *request, address="198.51.100.1" if anyone else None)
            count, policy, seconds = until_refused(limited)
            per_second, burst = (rate * multiple for multiple in classes[name])
            assert policy == name
            assert max(1, burst) - 1 < count <= max(1, burst) + per_second * seconds + 1, (name, count, seconds)
        # One user's limit is nobody else's, in another tenant neither.
        assert call("dora", "GET", "/users/me")[0] == 200 and call("carl", "GET", "/users/me", tenant="elsewhere")[0] == 200
        count, policy, seconds = until_refused(lambda: call(None, "GET", "/users/me", address="198.51.100.2"))
        assert policy == "address" and 40 * rate - 1 < count <= 40 * rate + 20 * rate * seconds + 1


def test_a_burst_is_four_seconds_of_writes_and_a_group_weighs_as_many_as_it_names():
    def write(server, path, body):
        return server.request("POST", "/api/aiim" + path, body, {"Authorization": "Bearer " + token("alice")})

    with running(RATE_LIMIT_PER_SEC="1") as server:
        status, _, _ = write(server, "/conversations", {"type": "group", "name": "three of four", "member_ids": ["bob", "carol", "dora"]})
        assert status == 200
        statuses = [write(server, "/conversations", {"type": "direct", "member_ids": ["bob"]})[0] for _ in range(2)]
        assert statuses == [200, 429], "one is left"


def test_lists_are_charged_by_item_on_both_surfaces():
    async def whole(server):
        device = await Device(server, "alice").connect()
        group = await device.ask("ping", {})
        assert group["type"] == "ack"
        named = [{"conversation_id": f"conv_{n:026d}", "rev": 0} for n in range(400)]
        replies = [await device.ask("sync", {"conversations": named}) for _ in range(6)]
        refused = [r["error"] for r in replies if r["type"] == "error"]
        assert replies[0]["type"] == "ack" and refused
        assert all(e["code"] == "rate_limited" and e["retryable"] and e["retry_after_ms"] > 0 for e in refused)
        await device.close()

    with running(RATE_LIMIT_PER_SEC="5") as server:
        asyncio.run(whole(server))
        group = server.group("alice", [])
        add = lambda n: server.request("POST", f"/api/aiim/conversations/{group}/members", {"user_ids": [f"user{n}x{i}" for i in range(15)]},
                                       {"Authorization": "Bearer " + token("alice")})
        statuses = [add(n)[0] for n in range(6)]
        assert statuses[0] == 200 and 429 in statuses, statuses


def test_frames_are_limited_like_requests_and_say_when_to_come_back():
    async def whole(server):
        conversation = server.direct("alice", "bob")
        device = await Device(server, "alice").connect()
        replies = [await device.ask("send_message", {"conversation_id": conversation, "content": str(n)}) for n in range(20)]
        error = next(r["error"] for r in replies if r["type"] == "error")
        assert error["code"] == "rate_limited" and 0 < error["retry_after_ms"] <= 2000
        await asyncio.sleep(error["retry_after_ms"] / 1000 + 0.5)
        assert (await device.ask("send_message", {"conversation_id": conversation, "content": "later"}))["type"] == "ack"
        # The same budget: whoever used it up on a socket has none over REST.
        while (await device.ask("send_message", {"conversation_id": conversation, "content": "more"}))["type"] == "ack":
            pass
        status, _, headers = server.request("POST", "/api/aiim/messages", {"conversation_id": conversation, "content": "x"}, {"Authorization": "Bearer " + token("alice")})
        assert status == 429 and headers["RateLimit-Policy"].startswith('"write"')
        await device.close()

    with running(RATE_LIMIT_PER_SEC="1") as server:
        asyncio.run(whole(server))


@pytest.mark.parametrize("setting", ["AIIM_TRUSTED_PROXIES", "AIIM_IP_ALLOW", "AIIM_IP_DENY"])
def test_a_malformed_list_stops_the_start(tmp_path, setting):
    env = {"JWT_SECRET": "0123456789" * 4, setting: "10.0.0.0/8,10.0.0.1/8"}
    done = subprocess.run([BINARY, "serve", "--port", str(free_port()), "--data-dir", tmp_path], env=env, capture_output=True, text=True, timeout=30)
    assert done.returncode == 3 and setting in done.stderr and '"10.0.0.1/8"' in done.stderr
