"""Clients that nobody here wrote."""

import asyncio
import json
import pathlib
import subprocess

import websockets

from harness import token

NODE = pathlib.Path(__file__).parent / "node"


def test_python_websockets(shared_server):
    server = shared_server
    conversation = server.direct("py_a", "py_b")

    async def whole():
        # The three ways to bring a token: subprotocol, query, first frame.
        async with websockets.connect(server.ws_url, subprotocols=["bearer", token("py_a")]) as one, \
                websockets.connect(server.ws_url + "?token=" + token("py_b")) as two, websockets.connect(server.ws_url) as three:
            assert one.subprotocol == "bearer"
            await three.send(json.dumps({"type": "auth", "id": "x", "data": {"token": token("py_b")}}))
            frames = [json.loads(await asyncio.wait_for(three.recv(), 10)) for _ in range(2)]
            assert {f["type"] for f in frames} == {"ack", "hello"}
            for socket, user in ((one, "py_a"), (two, "py_b")):
                hello = json.loads(await asyncio.wait_for(socket.recv(), 10))
                assert hello["type"] == "hello" and hello["data"]["user_id"] == user
            await one.ping()
            await one.send(json.dumps({"type": "send_message", "id": "1", "data": {"conversation_id": conversation, "content": "hi"}}))
            got = {json.loads(await asyncio.wait_for(one.recv(), 10))["type"] for _ in range(2)}
            assert got == {"ack", "message.created"}
            for socket in (two, three):
                event = json.loads(await asyncio.wait_for(socket.recv(), 10))
                assert event["data"]["message"]["content"] == {"text": "hi"} and event["data"]["after"] == event["data"]["rev"] - 1

    asyncio.run(whole())


def test_curl(shared_server):
    server = shared_server
    base = f"http://127.0.0.1:{server.port}/api/aiim"

    def curl(*args):
        done = subprocess.run(["curl", "-sS", "--fail-with-body", "-H", "Authorization: Bearer " + token("curl_a"), *args],
                              capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    made = curl(base + "/conversations", "--json", '{"type":"direct","member_ids":["curl_b"]}')
    conversation = made["conversation_id"]
    sent = curl(base + "/messages", "--json", json.dumps({"conversation_id": conversation, "type": "text", "content": "from curl"}))
    assert sent["message"]["seq"] == 1
    page = curl(f"{base}/messages/{conversation}?limit=10")
    assert [m["content"]["text"] for m in page["messages"]] == ["from curl"]
    # Twenty requests over one connection.
    many = subprocess.run(["curl", "-sS", "-w", "%{num_connects}\n", "-o", "/dev/null", f"http://127.0.0.1:{server.port}/healthz?[1-20]"],
                          capture_output=True, text=True, timeout=30)
    assert sum(map(int, many.stdout.split())) == 1, many


def test_npm_ws(shared_server):
    server = shared_server
    if not (NODE / "node_modules" / "ws").exists():
        subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=NODE, check=True, timeout=300)
    conversation = server.direct("npm_a", "npm_b")
    done = subprocess.run(["node", "chat.mjs", server.ws_url, token("npm_a"), conversation], cwd=NODE, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["ack"]["data"]["seq"] == 1
    assert seen["message.created"]["data"]["message"]["content"] == {"text": "from npm ws"}
