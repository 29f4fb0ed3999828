"""One client_msg_id is one message, however often and over whatever it is sent."""

import asyncio
import concurrent.futures

from device import Device


def test_repeats_over_sockets_and_rest_at_once_make_one_message(shared_server):
    server = shared_server
    conversation = server.direct("rep_a", "rep_b")

    async def whole():
        devices = [await Device(server, "rep_a").connect() for _ in range(6)]
        watcher = await Device(server, "rep_b").connect()
        watcher.keep_events = True
        loop = asyncio.get_running_loop()
        pool = concurrent.futures.ThreadPoolExecutor(8)
        try:
            for number in range(60):
                data = {"conversation_id": conversation, "type": "text", "content": {"text": f"n{number}"}, "client_msg_id": f"k{number}"}
                rest = [loop.run_in_executor(pool, lambda: server.call("rep_a", "POST", "/messages", data)) for _ in range(4)]
                sockets = [d.do("send_message", data) for d in devices for _ in range(2)]
                answers = await asyncio.gather(*rest, *sockets)
                seqs = {a["message"]["seq"] if "message" in a else a["seq"] for a in answers}
                ids = {a["message"]["message_id"] if "message" in a else a["message_id"] for a in answers}
                assert seqs == {number + 1} and len(ids) == 1, answers
                assert sum(not a["duplicate"] for a in answers) == 1
            await asyncio.sleep(0.3)
            created = [e for e in watcher.events if e["type"] == "message.created"]
            assert [e["data"]["message"]["seq"] for e in created] == list(range(1, 61)), "one event each"
        finally:
            for device in [*devices, watcher]:
                await device.close()

    asyncio.run(whole())
    assert len(server.history("rep_a", conversation)) == 60


def test_another_request_under_the_same_key_is_refused_and_takes_no_seq(shared_server):
    server = shared_server
    conversation = server.direct("mis_a", "mis_b")
    first = {"conversation_id": conversation, "type": "text", "content": {"text": "one"}, "client_msg_id": "same"}
    server.call("mis_a", "POST", "/messages", first)
    for change in ({"content": {"text": "two"}}, {"type": "image", "content": {"url": "https://example.com/a.png"}}):
        answer = server.call("mis_a", "POST", "/messages", {**first, **change}, expect=409)
        assert answer["code"] == "idempotency_mismatch"
        assert answer["detail"] == "an earlier request with other contents has this key; repeat that one, or choose another key"
    reordered = {"client_msg_id": "same", "content": {"text": "one"}, "type": "text", "conversation_id": conversation}
    assert server.call("mis_a", "POST", "/messages", reordered)["duplicate"] is True
    other_sender = server.call("mis_b", "POST", "/messages", first)
    assert other_sender["duplicate"] is False and other_sender["message"]["seq"] == 2


def test_the_idempotency_key_header_is_the_same_thing(shared_server):
    server = shared_server
    conversation = server.direct("hdr_a", "hdr_b")
    body = {"conversation_id": conversation, "type": "text", "content": "plain"}
    key = {"Idempotency-Key": "header-1"}
    one = server.call("hdr_a", "POST", "/messages", body, headers=key)
    two = server.call("hdr_a", "POST", "/messages", {**body, "client_msg_id": "header-1"})
    assert one["message"]["message_id"] == two["message"]["message_id"] and two["duplicate"]
    made = [server.call("hdr_a", "POST", "/conversations", {"type": "group", "name": "g", "member_ids": ["hdr_b"]},
                        headers={"Idempotency-Key": "group-1"})["conversation_id"] for _ in range(3)]
    assert len(set(made)) == 1
    answer = server.call("hdr_a", "POST", "/conversations", {"type": "group", "name": "other", "member_ids": ["hdr_b"]},
                         headers={"Idempotency-Key": "group-1"}, expect=409)
    assert answer["code"] == "idempotency_mismatch"


def test_an_edited_or_recalled_message_answers_a_repeat_as_it_is_now(shared_server):
    server = shared_server
    conversation = server.direct("now_a", "now_b")
    body = {"conversation_id": conversation, "type": "text", "content": {"text": "first"}, "client_msg_id": "now"}
    sent = server.call("now_a", "POST", "/messages", body)["message"]
    path = f"/messages/{conversation}/{sent['message_id']}"
    server.call("now_a", "PATCH", path, {"content": {"text": "second"}})
    assert server.call("now_a", "POST", "/messages", body)["message"]["content"] == {"text": "second"}
    server.call("now_a", "DELETE", path)
    again = server.call("now_a", "POST", "/messages", body)
    assert again["duplicate"] and again["message"]["status"] == "recalled" and again["message"]["content"] == {}
