"""Errors in English and Chinese: which language a client gets, and that nothing of them stays in the other."""

import json
import re
import sys

import pytest
from harness import ROOT
from harness import token as token_of
from raw import TEXT, RawSocket

sys.path.insert(0, str(ROOT / "tests" / "build"))
import tree_checks  # noqa: E402

CHINESE = re.compile(r"[\u4e00-\u9fff]")
# What stays as it is in every language: names, values, units.
NEUTRAL = re.compile(r"https?|wss?|//|JSON|UTF-8|HTTP|RFC|URL|KiB|WebSocket|base64|Content-Type|application/json|Idempotency-Key|Authorization|Bearer|"
                     r"X-API-Key|U\+0000|[A-Za-z]+_[a-z_]+|\b(?:true|false|type|id|data|seq|ai|auth|url|limit|sub|exp|n|text|content|ID|Host|CR|LF|NUL|"
                     r"Upgrade|member|admin|owner|direct|group|image|file|audio|video|system|TRANSFER|Sec-WebSocket-\w+)\b")


def refused(server, method, path, body=None, language="zh-CN", user="ann"):
    headers = {"Accept-Language": language} if language is not None else {}
    bearer = user if user == "nonsense" else token_of(user)
    return server.request(method, "/api/aiim" + path, body, {**headers, "Authorization": "Bearer " + bearer})[1:]


@pytest.mark.parametrize("asked, given", [
    (None, "en"), ("", "en"), ("en", "en"), ("zh", "zh-CN"), ("zh-CN", "zh-CN"), ("zh-TW,zh;q=0.9,en;q=0.8", "zh-CN"), ("ZH-cn", "zh-CN"),
    ("en;q=0.5, zh;q=0.9", "zh-CN"), ("en;q=0.9, zh;q=0.5", "en"), ("zh;q=0", "en"), ("zh;q=0, en", "en"), ("fr, de;q=0.9", "en"),
    ("fr, zh;q=0.1", "zh-CN"), ("zh;q=0.7,en;q=0.7", "zh-CN"), ("en,zh", "en"), ("*, zh;q=0.5", "en"), ("zhx", "en"), ("zh;q=abc", "en"),
    ("zh ; q=0.8 , en ; q=0.2", "zh-CN"), ("zh;q=1.000,en;q=0.999", "zh-CN"), (";;,,zh", "zh-CN"),
])
def test_accept_language_is_weighed(shared_server, asked, given):
    problem, headers = refused(shared_server, "GET", "/nowhere", language=asked)
    assert headers["Content-Language"] == given
    assert bool(CHINESE.search(problem["title"])) == (given == "zh-CN") and problem["code"] == "not_found"


def test_nothing_of_a_chinese_error_is_english(shared_server):
    server = shared_server
    group = server.group("ann", ["ben"])
    direct = server.direct("ann", "ben")
    sent = server.call("ann", "POST", "/messages", {"conversation_id": group, "type": "text", "content": "x", "client_msg_id": "k"})["message"]["message_id"]
    server.call("ann", "POST", "/messages", {"conversation_id": group, "type": "text", "content": "y"})
    message = f"/messages/{group}/{sent}"
    wrong = [
        ("POST", "/messages", {}), ("POST", "/messages", {"conversation_id": 7}), ("POST", "/messages", [1]), ("POST", "/messages", "{"),
        ("POST", "/messages", ""), ("POST", "/messages", {"conversation_id": group, "type": "text", "content": ""}),
        ("POST", "/messages", {"conversation_id": group, "type": "nothing", "content": "x"}), ("POST", "/messages", {"conversation_id": group, "type": "system", "content": "x"}),
        ("POST", "/messages", {"conversation_id": group, "type": "image", "content": {}}), ("POST", "/messages", {"conversation_id": group, "type": "image", "content": {"url": "ftp://x"}}),
        ("POST", "/messages", {"conversation_id": group, "type": "text", "content": "z", "client_msg_id": "k"}),
        ("POST", "/messages", {"conversation_id": group, "type": "text", "content": {"text": "x", "mentions": "ben"}}),
        ("POST", "/messages", {"conversation_id": group, "type": "text", "content": "x", "reply_to": "msg_none"}), ("POST", "/messages", {"conversation_id": "conv_none", "content": "x"}),
        ("GET", f"/messages/{group}?limit=0", None), ("GET", f"/messages/{group}?limit=x", None), ("GET", f"/messages/{group}?before_seq=1&after_seq=1", None),
        ("GET", f"/messages/{group}?limit=1&limit=1", None), ("GET", "/conversations?cursor=x", None), ("PATCH", f"/conversations/{direct}", {"name": "x"}),
        ("POST", "/conversations", {"type": "direct", "member_ids": []}), ("POST", "/conversations", {"type": "group", "member_ids": ["a b"]}),
        ("POST", f"/conversations/{group}/members", {"user_ids": []}), ("POST", "/receipts/read", {"conversation_id": group}), ("POST", "/receipts/read", {"conversation_id": group, "seq": 99}),
        ("POST", "/receipts/read", {"conversation_id": group, "seq": -1}), ("POST", "/receipts/read", {"conversation_id": group, "seq": 1, "user_id": "ben"}),
        ("PUT", f"{message}/reactions/a%20b", None), ("DELETE", "/conversations", None), ("GET", "/nowhere", None), ("POST", "/auth/register", {"username": "x", "password": "12345678"}),
        ("POST", "/auth/login", {"username": "ann", "password": "wrong-one"}), ("POST", "/messages/stream", {"conversation_id": group, "client_msg_id": "s"}),
        ("PATCH", "/users/me", {"avatar_url": "x"}), ("GET", "/api-keys", None),
    ]
    seen = []
    for user, each in [("ann", each) for each in wrong] + [("ben", ("PATCH", message, {"content": "x"})), ("ben", ("PATCH", f"/conversations/{group}", {"name": "x"})),
                                                        ("ben", ("DELETE", message, None)), ("nonsense", ("GET", "/users/me", None))]:
        problem, headers = refused(server, *each, user=user)
        assert headers["Content-Type"] == "application/problem+json" and headers["Content-Language"] == "zh-CN", (each, problem)
        for text in [problem["title"], problem["detail"], *(error["message"] for error in problem.get("errors", []))]:
            rest = NEUTRAL.sub("", text)
            assert CHINESE.search(text) and not re.search(r"[A-Za-z]{2,} [A-Za-z]{2,}", rest), (each, text)
        english = refused(server, *each, user=user, language="en")[0]
        assert not CHINESE.search(json.dumps(english, ensure_ascii=False)), english
        assert {k: v for k, v in english.items() if k in ("code", "status", "type")} == {k: problem[k] for k in ("code", "status", "type")}
        assert [e["field"] for e in english.get("errors", [])] == [e["field"] for e in problem.get("errors", [])]
        seen.append(problem["code"])
    assert {"invalid_request", "forbidden", "not_found", "conflict", "idempotency_mismatch", "method_not_allowed", "unauthenticated"} <= set(seen)


def test_every_text_of_an_error_in_the_sources_has_its_chinese():
    known = tree_checks.phrases((ROOT / "src/ops/phrases.cpp").read_text())
    assert len(known) > 100 and tree_checks.phrase_complaints("src/ops/x.cpp", 'return Error(ErrorCode::conflict, "new " + n + " text");', known)
    complaints = []
    for path in sorted((ROOT / "src").rglob("*.cpp")):
        complaints += tree_checks.phrase_complaints(str(path.relative_to(ROOT)), path.read_text(), known)
    assert not complaints, "\n".join(complaints)


def test_a_websocket_speaks_the_language_of_its_handshake(shared_server):
    for language, chinese in (("zh-CN,en;q=0.5", True), ("en,zh;q=0.5", False)):
        with RawSocket(shared_server, "ann", Accept_Language=language) as ann:
            assert ann.json()["type"] == "hello"
            ann.say("send_message", {"conversation_id": "conv_none", "content": 1}, "1")
            ann.say("nonsense", {}, "2")
            ann.send(TEXT, "{")
            for _ in range(3):
                assert bool(CHINESE.search(ann.json()["error"]["message"])) == chinese
        with RawSocket(shared_server, path="/api/aiim/ws?token=bad", Accept_Language=language) as ann:
            frames, code = ann.until_closed()
            assert code == 4401 and bool(CHINESE.search(frames[0]["error"]["message"])) == chinese
