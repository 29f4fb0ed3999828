"""The web client that the binary serves: its page on its own routes, its policy, and what it may know before a login."""

import json
import re
import urllib.error
import urllib.request

import pytest

from harness import Server

PAGE = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def server():
    one = Server("")
    one.start()
    yield one
    one.close()


def get(server, path, **headers):
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return reply.status, reply.headers, reply.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode(errors="replace")


@pytest.mark.parametrize("path", ["/", "/c/conv_01", "/settings/sessions"])
def test_the_client_answers_on_its_own_routes_under_a_strict_policy(server, path):
    status, headers, page = get(server, path, **PAGE)
    assert status == 200 and '<div id="root">' in page
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", page), "the policy would refuse this"


def test_files_with_a_digest_in_their_name_are_cached_forever_and_the_page_is_not(server):
    _, headers, page = get(server, "/", **PAGE)
    assert headers["Cache-Control"] == "no-cache"
    script = re.search(r'src="(/assets/[^"]+\.js)"', page).group(1)
    status, headers, _ = get(server, script)
    assert status == 200 and "immutable" in headers["Cache-Control"]
    assert get(server, "/assets/gone-12345678.js")[0] == 404


def test_a_server_in_production_offers_nobody(server):
    status, _, body = get(server, "/config.json")
    config = json.loads(body)
    assert status == 200 and config["demo_users"] == [] and config["registration"] is False and config["version"]
