"""The examples of the documents are what a real server answers, to the letter."""

import asyncio
import json
import subprocess

import conformance
import story
from harness import BINARY


def test_every_example_is_what_the_server_answers():
    written = json.loads(story.FILE.read_text())
    server = story.start()
    try:
        told = asyncio.run(story.play(server, written))
    finally:
        server.close()
    for number, (now, before) in enumerate(zip(told["steps"], written["steps"])):
        assert now == before, f"step {number + 1}, {before['operation']}: `tests/documents/story.py build/aiim` records it anew"
    assert told == written


def test_the_binary_holds_the_story_that_is_written():
    story_file = json.loads(story.FILE.read_text())
    document = json.loads(subprocess.run([BINARY, "schema", "openapi"], check=True, capture_output=True).stdout)
    examples = {step["operation"]: step.get("reply") for step in reversed(story_file["steps"]) if step["over"] == "http"}
    for item in document["paths"].values():
        for operation in item.values():
            success = operation["responses"].get("200", {}).get("content", {}).get("application/json", {})
            if operation["operationId"] in examples and success:
                assert success.get("example") == examples[operation["operationId"]], operation["operationId"]


def test_every_example_of_a_frame_fits_its_schema():
    messages = conformance.documents().asyncapi["components"]["messages"]
    shown = {name: each["payload"] for name, message in messages.items() for each in message.get("examples", [])}
    assert len(shown) > 40
    for name, payload in shown.items():
        conformance.hold(f"the example of {name}", conformance.documents().frames[name], payload)
    assert conformance.take_complaints() == []
