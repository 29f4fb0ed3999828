"""API keys: made beside a running server, hashed at rest, scoped, revoked within seconds."""

import asyncio
import json
import time

import websockets

from harness import Server


def test_the_life_of_a_key(shared_server):
    server = shared_server
    data = ("--data-dir", str(server.data))
    made = json.loads(server.cli("apikey", "create", "helper-bot", "--name", "answers", "--json", *data).stdout)
    key = {"X-API-Key": made["key"]}
    status, me, _ = server.request("GET", "/api/aiim/users/me", headers=key)
    assert status == 200 and (me["user_id"], me["kind"]) == ("helper-bot", "bot")
    conversation = server.direct("helper-bot", "asker")
    status, sent, _ = server.request("POST", "/api/aiim/messages", {"conversation_id": conversation, "type": "ai", "content": {"text": "hi"}}, key)
    assert status == 200 and sent["message"]["type"] == "ai"
    dump = b"".join(p.read_bytes() for p in server.data.glob("aiim.db*"))
    assert made["key"].encode() not in dump and made["key"] not in server.log()
    listed = json.loads(server.cli("apikey", "list", "--json", *data).stdout)["api_keys"]
    assert [k for k in listed if k["key_id"] == made["api_key"]["key_id"]][0]["last_used_at"]

    async def revoked():
        async with websockets.connect(server.ws_url, extra_headers=key) as socket:
            assert json.loads(await socket.recv())["data"]["user_id"] == "helper-bot"
            loop = asyncio.get_running_loop()
            done = await loop.run_in_executor(None, lambda: server.cli("apikey", "revoke", made["api_key"]["key_id"], *data))
            assert done.returncode == 0, done.stderr
            begun = time.monotonic()
            while True:
                try:
                    await asyncio.wait_for(socket.recv(), 6)
                except websockets.ConnectionClosed:
                    break
            assert socket.close_code == 4401 and time.monotonic() - begun < 5

    asyncio.run(revoked())
    assert server.request("GET", "/api/aiim/users/me", headers=key)[0] == 401
    assert server.cli("apikey", "revoke", made["api_key"]["key_id"], *data).returncode == 4


def test_a_person_gets_no_key_and_a_wrong_key_no_entry(shared_server):
    server = shared_server
    server.call("person", "GET", "/users/me")
    refused = server.cli("apikey", "create", "person", "--data-dir", str(server.data))
    assert refused.returncode == 1 and "person" in refused.stderr and refused.stdout == ""
    assert server.request("GET", "/api/aiim/users/me", headers={"X-API-Key": "aiim_nope"})[0] == 401
    assert server.cli("apikey", "create", "x", "--scopes", "everything", "--data-dir", str(server.data)).returncode == 2


def test_scopes_bind(shared_server):
    server = shared_server
    data = ("--data-dir", str(server.data))
    conversation = server.direct("scoped-bot-friend", "scoped-bot")  # created as a person first: keys need a bot of their own
    assert server.cli("apikey", "create", "scoped-bot", *data).returncode == 1
    reader = server.cli("apikey", "create", "reader-bot", "--scopes", "read", *data).stdout.strip()
    conversation = server.direct("reader-bot", "asker2")
    key = {"X-API-Key": reader}
    assert server.request("GET", f"/api/aiim/messages/{conversation}", headers=key)[0] == 200
    status, problem, _ = server.request("POST", "/api/aiim/messages", {"conversation_id": conversation, "content": "x"}, key)
    assert status == 403 and problem["code"] == "forbidden"


def test_admins_make_list_and_revoke_keys_over_rest(shared_server):
    server = shared_server
    assert server.cli("user", "add", "key-admin", "--admin", "--data-dir", str(server.data)).returncode == 0
    made = server.call("key-admin", "POST", "/api-keys", {"user_id": "rest-bot", "name": "first", "scopes": ["read", "write"]})
    key, key_id = {"X-API-Key": made["key"]}, made["api_key"]["key_id"]
    status, me, _ = server.request("GET", "/api/aiim/users/me", headers=key)
    assert status == 200 and (me["user_id"], me["kind"]) == ("rest-bot", "bot")
    listed = {k["key_id"]: k for k in server.call("key-admin", "GET", "/api-keys")["api_keys"]}
    assert listed[key_id]["name"] == "first" and listed[key_id]["last_used_at"] and "key" not in listed[key_id]
    for user, expect in (("somebody", 403), ("rest-bot", 403)):
        server.call(user, "GET", "/api-keys", expect=expect)
        server.call(user, "POST", "/api-keys", {"user_id": "x-bot"}, expect=expect)
        server.call(user, "DELETE", f"/api-keys/{key_id}", expect=expect)
    assert server.call("key-admin", "POST", "/api-keys", {"user_id": "key-admin"}, expect=409)["code"] == "conflict", "no person gets a key"
    server.call("key-admin", "GET", "/api-keys", tenant="elsewhere", expect=403)
    server.call("key-admin", "DELETE", f"/api-keys/{key_id}", expect=204)
    end = time.monotonic() + 5
    while server.request("GET", "/api/aiim/users/me", headers=key)[0] == 200:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert server.call("key-admin", "DELETE", "/api-keys/key_nope", expect=404)["code"] == "not_found"


def test_the_environments_key_acts_as_the_bot_service():
    server = Server(API_KEY="a-key-from-the-environment-0123456789")
    server.start()
    try:
        key = {"X-API-Key": "a-key-from-the-environment-0123456789"}
        status, me, _ = server.request("GET", "/api/aiim/users/me", headers=key)
        assert status == 200 and (me["user_id"], me["kind"]) == ("service", "bot")
    finally:
        server.close()
