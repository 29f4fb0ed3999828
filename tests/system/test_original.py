"""What the original implementation's clients send, exactly as they sent it."""

import json
import uuid

from harness import token
from raw import TEXT, RawSocket


def flat(socket, **fields):
    socket.send(TEXT, json.dumps(fields))


def live(server, user):
    socket = RawSocket(server, user)
    assert socket.json()["type"] == "hello"
    return socket


def until(socket, kind):
    """The next frame of that type; others on the way are left aside."""
    while (got := socket.json())["type"] != kind:
        pass
    return got


def test_postman_requests_work_as_sent(server):
    """With user1's token, in the order of the collection."""
    headers = {"Authorization": "Bearer " + token("user1")}

    def ask(method, path, body=None):
        status, answer, _ = server.request(method, path, body, headers)
        return status, answer

    status, made = ask("POST", "/api/aiim/conversations",
                       {"type": "direct", "name": "Test Conversation", "member_ids": ["user1", "user2"]})
    assert status == 200 and isinstance(made["conversation_id"], str), made
    conversation = made["conversation_id"]
    guid = str(uuid.uuid4())
    status, sent = ask("POST", "/api/aiim/messages", {"conversation_id": conversation, "type": "text", "content": "Hello, this is a test message!",
                                                      "client_msg_id": guid})
    assert status == 200 and isinstance(sent["message"]["message_id"], str), sent
    message = sent["message"]["message_id"]
    status, page = ask("GET", f"/api/aiim/messages/{conversation}?limit=50")
    assert status == 200 and [m["message_id"] for m in page["messages"]] == [message], page
    chunks = str(uuid.uuid4())
    status, begun = ask("POST", "/api/aiim/messages/stream",
                        {"conversation_id": conversation, "chunk": "This is a stream chunk", "stream_end": False, "client_msg_id": chunks})
    assert status == 200 and begun["message"]["status"] == "streaming", begun
    status, _ = ask("POST", "/api/aiim/receipts/delivered", {"conversation_id": conversation, "message_id": message})
    assert status == 204
    status, _ = ask("POST", "/api/aiim/receipts/read", {"user_id": "user1", "conversation_id": conversation, "last_read_seq": 1})
    assert status == 204
    status, receipts = ask("GET", f"/api/aiim/receipts/{conversation}/{message}")
    assert status == 200 and receipts["message_id"] == message, receipts
    status, health = ask("GET", "/health")
    assert status == 200 and health["status"] == "healthy", health
    status, metrics = ask("GET", "/metrics")
    assert status == 200 and b"aiim_" in metrics


def test_flat_frames_do_what_the_framed_ones_do(server):
    conversation = server.direct("user1", "user2")
    with live(server, "user1") as one, live(server, "user2") as two:
        flat(one, type="send_msg", conversation_id=conversation, content="plain", msg_type="text", client_msg_id="m-1", reply_to=None)
        first = until(two, "message.created")["data"]["message"]
        assert (first["content"], first["type"], first["client_msg_id"], first["seq"]) == ({"text": "plain"}, "text", "m-1", 1)
        # With an id it is acked like any other; the type is text unless they say otherwise.
        flat(one, type="send_msg", id="7", conversation_id=conversation, content={"text": "an answer"}, reply_to=first["message_id"])
        assert until(one, "ack")["data"]["seq"] == 2
        assert until(two, "message.created")["data"]["message"]["reply_to"] == first["message_id"]
        flat(two, type="delivered", conversation_id=conversation, message_id=first["message_id"])
        receipt = until(one, "receipt")["data"]
        assert (receipt["user_id"], receipt["delivered_seq"], receipt["read_seq"]) == ("user2", 1, 0)
        flat(one, type="pong")
        for chunk, end in (("Wri", False), ("ting", False), ("", True)):
            flat(one, type="stream_chunk", id=f"c{end}", conversation_id=conversation, chunk=chunk, stream_end=end, client_msg_id="s-1")
        assert until(one, "ack")["data"]["message"]["client_msg_id"] == "s-1"
        ended = until(two, "message.updated")["data"]["message"]
        assert (ended["content"]["text"], ended["is_end"], ended["seq"]) == ("Writing", True, 3)


def test_subscriptions_are_answered_and_change_nothing(server):
    conversation = server.direct("user1", "user2")
    with live(server, "user1") as one, live(server, "user3") as other:
        flat(one, type="unsubscribe", conversation_id=conversation)
        assert one.json() == {"type": "unsubscribed", "conversation_id": conversation}
        server.call("user2", "POST", "/messages", {"conversation_id": conversation, "type": "text", "content": "still told"})
        assert one.json()["type"] == "message.created"
        flat(one, type="subscribe", conversation_id=conversation)
        assert one.json() == {"type": "subscribed", "conversation_id": conversation}
        # Whoever is no member will not be told anything, and hears so; the same for what does not exist.
        for wanted in (conversation, "conv_of_nobody"):
            flat(other, type="subscribe", id="s", conversation_id=wanted)
            refused = other.json()
            assert (refused["type"], refused["id"], refused["error"]["code"]) == ("error", "s", "not_found")
        flat(one, type="subscribe")
        assert one.json()["error"]["errors"] == [{"field": "conversation_id", "message": "a string is required"}]


def test_flat_frames_are_judged_like_the_framed_ones(server):
    conversation = server.direct("user1", "user2")
    with live(server, "user3") as other:
        flat(other, type="send_msg", conversation_id=conversation, content="let me in")
        assert other.json()["error"]["code"] == "not_found"
        flat(other, type="send_msg", id="x")
        refused = other.json()
        assert (refused["id"], refused["error"]["code"]) == ("x", "invalid_request")
        # Neither of ours nor of theirs.
        flat(other, type="send_msgs", id="y", conversation_id=conversation)
        assert other.json()["error"]["code"] == "invalid_request"
    assert server.history("user1", conversation) == []
