"""The demo agent: answers as a stream whoever talks to it, and is not stopped by a crash."""

import asyncio
import json
import subprocess
import time

from device import Device
from harness import SLOW, Server
from test_streams import Viewer


async def until(true, what, seconds=60):
    end = asyncio.get_running_loop().time() + seconds * SLOW
    while not true():
        assert asyncio.get_running_loop().time() < end, what()
        await asyncio.sleep(0.05)


class Asker(Viewer):
    """Somebody who talks with the agent and waits for its answers."""

    async def say(self, conversation, text, **more):
        sent = await self.do("send_message", {"conversation_id": conversation, "type": "text", "content": {"text": text, **more.pop("content", {})}, **more})
        return sent["message_id"]

    def answer_to(self, question):
        return next((m for m in self.ended.values() if m["client_msg_id"] == f"answer:{question}"), None)

    async def answered(self, question, seconds=60):
        await until(lambda: self.answer_to(question), lambda: f"no answer to {question}: {list(self.ended.values())}", seconds)
        return self.answer_to(question)


def started(url="", **env):
    one = Server(url, **env)
    one.start()
    return one


def test_the_agent_answers_everything_in_a_direct_conversation(shared_server):
    server = shared_server
    assert server.call("asker", "GET", "/users/echo")["kind"] == "bot"
    conversation = server.direct("asker", "echo")

    async def whole():
        asker = await Asker(server, "asker").connect()
        question = await asker.say(conversation, "Hello **there** 你好")
        answer = await asker.answered(question)
        assert (answer["sender_id"], answer["type"], answer["status"], answer["reply_to"]) == ("echo", "ai", "sent", None)
        content = answer["content"]
        assert content["outcome"] == "complete" and [p["type"] for p in content["parts"]] == ["reasoning", "tool_call", "tool_result", "text"]
        assert "> Hello **there** 你好" in content["text"] and "```python" in content["text"] and "个字符" in content["text"]
        assert asker.text[answer["message_id"]] == content["text"], "it was seen growing"
        failed = await asker.answered(await asker.say(conversation, "/fail"))
        assert failed["content"]["outcome"] == "error" and failed["content"]["text"]
        tools = await asker.answered(await asker.say(conversation, "/tools"))
        assert [p.get("is_error") for p in tools["content"]["parts"] if p["type"] == "tool_result"] == [False, True]
        long = await asker.answered(await asker.say(conversation, "/long 40"))
        assert long["content"]["text"].count("\n\n") == 40 and long["chunk_index"] == 40
        view = await asyncio.get_running_loop().run_in_executor(None, lambda: server.call("asker", "GET", f"/conversations/{conversation}"))
        await until(lambda: server.call("asker", "GET", f"/conversations/{conversation}/members")["members"][1]["read_seq"] >= view["last_seq"] - 1,
                    lambda: "the agent has not read what it answered")
        await asker.close()

    asyncio.run(whole())


def test_a_cancelled_answer_stops_and_the_next_question_is_answered(shared_server):
    server = shared_server
    conversation = server.direct("canceller", "echo")

    async def whole():
        asker = await Asker(server, "canceller").connect()
        slow = await asker.say(conversation, "/slow 60")
        await until(lambda: any(asker.text.values()), lambda: "it has not begun")
        await asker.do("stream.cancel", {"stream_id": next(iter(asker.text))})
        stopped = await asker.answered(slow)
        assert stopped["content"]["outcome"] == "cancelled"
        assert (await asker.answered(await asker.say(conversation, "/slow 1")))["content"]["text"] == "1."
        await asker.close()

    asyncio.run(whole())


def test_in_a_group_the_agent_answers_mentions_and_replies_and_never_bots(shared_server):
    server = shared_server
    made = json.loads(server.cli("apikey", "create", "other-bot", "--json", "--data-dir", str(server.data)).stdout)
    group = server.group("m1", ["m2", "echo", "other-bot"])
    status, by_bot, _ = server.request("POST", "/api/aiim/messages", {"conversation_id": group, "content": {"text": "/slow 1", "mentions": ["echo"]}},
                                       {"X-API-Key": made["key"]})
    assert status == 200

    async def whole():
        asker = await Asker(server, "m1").connect()
        talk = await asker.say(group, "/slow 1")
        mention = await asker.say(group, "@echo /slow 1", content={"mentions": ["echo"]})
        answer = await asker.answered(mention)
        assert answer["content"]["text"] == "1." and answer["reply_to"] == mention
        reply = await asker.say(group, "/slow 1", reply_to=answer["message_id"])
        await asker.answered(reply)
        bystanders = [by_bot["message"]["message_id"], talk]
        assert not any(asker.answer_to(each) for each in bystanders)
        await asker.close()

    asyncio.run(whole())
    answered = {m["client_msg_id"] for m in server.history("m2", group) if m["sender_id"] == "echo"}
    assert len(answered) == 2, answered


def test_an_answer_goes_on_and_an_unanswered_message_is_answered_after_a_crash(database_url):
    server = started(database_url)
    try:
        cut_short, unheard = server.direct("c1", "echo"), server.direct("c2", "echo")

        async def ask():
            one, two = await Asker(server, "c1").connect(), await Asker(server, "c2").connect()
            question = await one.say(cut_short, "/slow 6")
            await until(lambda: any("2" in text for text in one.text.values()), lambda: "it has not begun")
            other = await two.say(unheard, "/slow 1")
            server.kill()
            return question, other

        question, other = asyncio.run(ask())
        server.start()

        async def wait():
            one, two = await Asker(server, "c1").connect(), await Asker(server, "c2").connect()
            try:
                for user, conversation, asked in (("c1", cut_short, question), ("c2", unheard, other)):
                    await until(lambda: any(m["client_msg_id"] == f"answer:{asked}" and m["is_end"] for m in server.history(user, conversation)),
                                lambda: server.history(user, conversation))
            finally:
                await one.close()
                await two.close()

        asyncio.run(wait())
        answers = [m for m in server.history("c1", cut_short) if m["sender_id"] == "echo"]
        assert [m["content"]["text"] for m in answers] == ["1, 2, 3, 4, 5, 6."] and answers[0]["content"]["outcome"] == "complete"
        answers = [m for m in server.history("c2", unheard) if m["sender_id"] == "echo"]
        assert [m["content"]["text"] for m in answers] == ["1."]
    finally:
        server.close()


def test_the_agent_can_be_left_out():
    server = started(AIIM_ECHO_AGENT="false")
    try:
        assert server.call("asker", "GET", "/users/echo", expect=404)["code"] == "not_found"
    finally:
        server.close()


def test_a_person_called_echo_is_left_alone():
    server = started(AIIM_ECHO_AGENT="false")
    try:
        server.call("echo", "GET", "/users/me")
        server.stop()
        server.env["AIIM_ECHO_AGENT"] = "true"
        server.start()
        conversation = server.direct("friend", "echo")
        server.call("friend", "POST", "/messages", {"conversation_id": conversation, "content": {"text": "are you there?"}})
        assert "echo_agent_off" in server.log() and server.call("echo", "GET", "/users/me")["kind"] == "human"
        assert len(server.history("friend", conversation)) == 1
    finally:
        server.close()


def test_a_server_that_ends_while_the_agent_waits_for_the_database_waits_for_the_agent(postgres):
    url = postgres.database("echo_ends")
    server = started(url)
    server.stop()
    steps = ["BEGIN", "LOCK TABLE conversation_members IN ACCESS EXCLUSIVE MODE", "SELECT 'locked'", "SELECT pg_sleep(60)"]
    lock = subprocess.Popen(["psql", url, "-qAt", *(x for step in steps for x in ("-c", step))], stdout=subprocess.PIPE, text=True)
    try:
        while lock.stdout.readline() != "locked\n":
            assert lock.poll() is None
        before = server.log().count(" serving ")
        server.launch()
        server.await_log(" serving ", before + 1)
        time.sleep(0.3)
        server.stop(20 * SLOW)
        assert "tasks_not_joined" not in server.log()
    finally:
        lock.kill()
        lock.communicate()
        server.close()
