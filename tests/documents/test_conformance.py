"""The conformance check of all system tests can fail: against documents that say something else, real answers are complaints."""

import asyncio
import copy

import pytest

import conformance
from device import Device
from harness import Server


@pytest.fixture(scope="module")
def server():
    one = Server()
    one.start()
    yield one
    one.close()


@pytest.fixture
def doctored(monkeypatch):
    """Documents with a change; what the answers and frames of the test are then held against."""
    def change(how):
        real = conformance.documents()
        openapi, asyncapi = copy.deepcopy(real.openapi), copy.deepcopy(real.asyncapi)
        how(openapi, asyncapi)
        changed = conformance.Documents(openapi, asyncapi)
        monkeypatch.setattr(conformance, "documents", lambda: changed)
    yield change
    conformance.take_complaints()


def complaint():
    complaints = conformance.take_complaints()
    return " · ".join(complaints)


def test_real_answers_and_frames_are_as_documented(server):
    before = dict(conformance.seen)
    conversation = server.group("alice", ["bob"])

    async def talk():
        device = await Device(server, "alice").connect()
        await device.do("send_message", {"conversation_id": conversation, "content": "hello"})
        assert (await device.ask("send_message", {"conversation_id": "conv_none", "content": "hello"}))["error"]["code"] == "not_found"
        await device.close()

    asyncio.run(talk())
    server.call("alice", "GET", "/conversations/none", expect=404)
    assert complaint() == ""
    held = {what for what, times in conformance.seen.items() if times > before.get(what, 0)}
    assert {"create_conversation 200", "get_conversation 404", "frame event_hello", "frame send_message_ack", "frame error"} <= held


def test_a_field_that_no_document_names_is_a_complaint(server, doctored):
    doctored(lambda openapi, _: openapi["components"]["schemas"]["Conversation"]["properties"].pop("epoch"))
    server.group("alice", ["bob"])
    assert "'epoch' was unexpected" in complaint()


def test_a_documented_field_that_is_missing_is_a_complaint(server, doctored):
    def change(openapi, _):
        user = openapi["components"]["schemas"]["User"]
        user["properties"]["shoe_size"] = {"type": "integer"}
        user["required"].append("shoe_size")
    doctored(change)
    server.call("alice", "GET", "/users/me")
    assert "'shoe_size' is a required property" in complaint()


def test_a_field_of_another_type_is_a_complaint(server, doctored):
    doctored(lambda openapi, _: openapi["components"]["schemas"]["User"]["properties"]["display_name"].update(type="integer"))
    server.call("alice", "GET", "/users/me")
    assert "is not of type 'integer'" in complaint()


def test_an_undocumented_status_is_a_complaint(server, doctored):
    doctored(lambda openapi, _: openapi["paths"]["/api/aiim/users/{user_id}"]["get"]["responses"].pop("404"))
    server.call("alice", "GET", "/users/nobody-at-all", expect=404)
    assert "get_user documents no 404" in complaint()


def test_a_missing_header_is_a_complaint(server, doctored):
    doctored(lambda openapi, _: openapi["paths"]["/api/aiim/users/me"]["get"]["responses"]["200"]["headers"].update({"X-Shoe-Size": {}}))
    server.call("alice", "GET", "/users/me")
    assert "no header X-Shoe-Size" in complaint()


def test_undocumented_frames_fields_and_codes_are_complaints(server, doctored):
    def change(_, asyncapi):
        asyncapi["components"]["schemas"]["Hello"]["properties"].pop("heartbeat_ms")
        asyncapi["components"]["messages"].pop("event_message_created")
        asyncapi["operations"]["ping"]["x-errors"].remove("invalid_request")
    conversation = server.group("alice", ["bob"])
    doctored(change)

    async def talk():
        device = await Device(server, "alice").connect()
        device.keep_events = True
        await device.do("send_message", {"conversation_id": conversation, "content": "hello"})
        await device.ask("ping", {"stream_ids": "no list"})
        while not any(event["type"] == "message.created" for event in device.events):
            await asyncio.sleep(0.01)
        await device.close()

    asyncio.run(talk())
    complaints = complaint()
    assert "'heartbeat_ms' was unexpected" in complaints and "no document names it" in complaints
    assert "error of ping: documents no invalid_request" in complaints
