"""Streams through kill -9, of the server at every commit of one, and of the bot at any moment."""

import asyncio
import json
import random
import signal
import subprocess
import sys

import pytest

from harness import FAULTS_BINARY, SLOW, Server, token
from device import Device

PIECES = 5
TEXT = "".join(f"{n}," for n in range(1, PIECES + 1))
POINTS = {"before_commit": ["before_commit"], "after_it": ["after_commit", "after_publish", "before_ack"]}


def text_op(n):
    return [{"op": "text", "delta": f"{n},"}]


async def produce(bot, group, acked):
    """Writes the whole stream, or what is missing of it; `acked` holds what was acknowledged."""
    started = await bot.do("stream.start", {"conversation_id": group, "client_msg_id": "crash"})
    stream = acked["stream"] = started["stream_id"]
    for n in range(acked.get("n", 0) + 1, PIECES + 1):
        reply = await bot.ask("stream.append", {"stream_id": stream, "n": n, "ops": text_op(n)})
        if reply["type"] == "error":  # it ended in the life before, and only the ack was lost
            assert reply["error"]["code"] == "stream_ended" and acked.get("ending"), reply
            return
        acked["n"] = n
    acked["ending"] = True
    reply = await bot.ask("stream.end", {"stream_id": stream, "status": "complete"})
    assert reply["type"] == "ack" or reply["error"]["code"] == "stream_ended", reply


@pytest.mark.parametrize("when", POINTS)
def test_a_server_killed_at_any_step_of_a_stream_keeps_what_it_acknowledged(database_url, when):
    """Each life dies one commit later: in the start, in each append, in the end."""
    server = Server(database_url, binary=FAULTS_BINARY, AIIM_ECHO_AGENT="false")
    server.start()
    server.call("bot", "GET", "/users/me")
    try:
        died = set()
        for commit in range(1, PIECES + 3):
            group = server.group("bot", ["viewer"])
            server.stop()
            server.start(AIIM_FAIL_POINT=f"{POINTS[when][commit % len(POINTS[when])]}:{commit}")
            acked = {}

            async def life():
                bot = await Device(server, "bot").connect()
                try:
                    await produce(bot, group, acked)
                except ConnectionError:
                    pass
                bot.cut()

            asyncio.run(life())
            assert server.process.wait(20 * SLOW) == -9
            died.add("start" if "stream" not in acked else acked.get("n", 0))
            server.start()
            messages = server.history("viewer", group)
            assert len(messages) <= 1 and (messages or "stream" not in acked)
            if messages:
                text = messages[0]["content"]["text"]
                assert TEXT.startswith(text) and text.count(",") >= acked.get("n", 0), (text, acked)
            asyncio.run(life())
            final, = server.history("viewer", group)
            assert (final["content"]["text"], final["content"]["outcome"], final["is_end"]) == (TEXT, "complete", True)
        assert died == {"start", *range(PIECES + 1)}, died
    finally:
        server.close()


BOT = """
import asyncio, json, sys, websockets
url, token, conversation, last = sys.argv[1:4] + [int(sys.argv[4])]
async def main():
    async with websockets.connect(url, subprotocols=["bearer", token]) as socket:
        async def ask(kind, data):
            await socket.send(json.dumps({"type": kind, "id": kind, "data": data}))
            while True:
                frame = json.loads(await socket.recv())
                if frame.get("id") == kind:
                    return frame
        stream = (await ask("stream.start", {"conversation_id": conversation, "client_msg_id": "bot"}))["data"]["stream_id"]
        n = 0
        while n < last:
            reply = await ask("stream.append", {"stream_id": stream, "n": n + 1, "ops": [{"op": "text", "delta": f"{n + 1},"}]})
            n += 1
            print(n, flush=True)
            await asyncio.sleep(0.002)
        print(json.dumps(await ask("stream.end", {"stream_id": stream, "status": "complete"})), flush=True)
asyncio.run(main())
"""


def test_a_bot_killed_again_and_again_goes_on_where_it_was(server):
    """It knows nothing of its lives before: it repeats the start and every append, which changes nothing."""
    random.seed(4)
    group, last = server.group("bot", ["viewer"]), 200
    lives = 0
    while True:
        lives += 1
        bot = subprocess.Popen([sys.executable, "-c", BOT, server.ws_url, token("bot"), group, str(last)], stdout=subprocess.PIPE, text=True)
        stop_at = lives * 30 + random.randrange(20)
        line = ""
        for line in bot.stdout:
            if line.strip() == str(stop_at):
                bot.send_signal(signal.SIGKILL)
                break
        bot.wait()
        bot.stdout.close()
        message, = server.history("viewer", group)
        so_far = message["content"]["text"]
        assert "".join(f"{n}," for n in range(1, so_far.count(",") + 1)) == so_far
        assert so_far.count(",") >= min(stop_at, last)
        if line.startswith("{"):
            break
    assert lives > 5 and json.loads(line)["type"] == "ack"
    final, = server.history("viewer", group)
    assert final["content"] == {"text": "".join(f"{n}," for n in range(1, last + 1)), "finish_reason": "complete", "outcome": "complete"}
