"""People: finding them, and the own profile."""

import sqlite3
import urllib.parse

import pytest

from harness import Server


def search(server, query, user="finder", **more):
    found, cursor = [], None
    while True:
        parameters = {"query": query, **more, **({"cursor": cursor} if cursor else {})}
        page = server.call(user, "GET", "/users?" + urllib.parse.urlencode({k: v for k, v in parameters.items() if v is not None}))
        assert len(page["users"]) <= more.get("limit", 50)
        found += [u["user_id"] for u in page["users"]]
        cursor = page["next_cursor"]
        if not cursor:
            return found


@pytest.fixture(scope="module")
def people(shared_server):
    named = {"ada": "Ada Lovelace", "alan": "Alan Turing", "grace.h": "Grace Hopper", "u-7": "Straße Müller", "u-8": "王小明",
             "u-9": "ΣΊΣΥΦΟΣ", "lovely": "Somebody else", "u-10": "ｆｕｌｌ width", "u-11": "100%_sure"}
    for user, name in named.items():
        assert shared_server.call(user, "PATCH", "/users/me", {"display_name": name})["display_name"] == name
    return shared_server


@pytest.mark.parametrize("query,wanted", [
    ("ada", ["ada"]), ("ADA l", ["ada"]), ("love", ["ada", "lovely"]), ("LOVELACE", ["ada"]), ("a", ["ada", "alan"]),
    ("grace.", ["grace.h"]), ("hop", ["grace.h"]), ("strasse", ["u-7"]), ("STRASSE", ["u-7"]), ("müll", ["u-7"]), ("MÜLL", ["u-7"]),
    ("mu\u0308ll", ["u-7"]), ("王", ["u-8"]), ("小", []), ("σίσυφοσ", ["u-9"]), ("full", ["u-10"]), ("Ｆull", ["u-10"]),
    ("100%", ["u-11"]), ("%", []), ("_", []), ("ovelace", []), ("nobody at all", [])])
def test_people_are_found_by_what_their_names_begin_with(people, query, wanted):
    assert sorted(set(search(people, query)) - {"finder"}) == wanted


def test_pages_lose_and_repeat_nobody(people):
    server = people
    for n in range(25):
        server.call(f"page{n:02}", "PATCH", "/users/me", {"display_name": f"Page{n % 3} pager page"})  # fits thrice
    found = search(server, "page", limit=4)
    assert sorted(found) == [f"page{n:02}" for n in range(25)]
    everybody = search(server, None, limit=7)
    assert everybody == sorted(everybody) and set(found) <= set(everybody) and "finder" in everybody


def test_a_new_name_is_found_and_the_old_one_is_not(people):
    server = people
    server.call("renamed", "PATCH", "/users/me", {"display_name": "Before"})
    assert search(server, "before") == ["renamed"]
    server.call("renamed", "PATCH", "/users/me", {"display_name": "After all"})
    assert search(server, "before") == [] and search(server, "all") == ["renamed"] and search(server, "rena") == ["renamed"]


def test_people_of_other_tenants_do_not_exist(people):
    people.call("ada", "GET", "/users/me", tenant="elsewhere")
    people.call("elsa", "GET", "/users/me", tenant="elsewhere")
    assert search(people, "elsa") == []
    missing, foreign = (people.call("finder", "GET", f"/users/{u}", expect=404) for u in ("nobody", "elsa"))
    assert {**missing, "request_id": ""} == {**foreign, "request_id": ""}


def test_the_suspended_are_not_found(people):
    server = people
    server.call("suspect", "PATCH", "/users/me", {"display_name": "Suspect Number"})
    assert search(server, "suspect") == ["suspect"]
    done = server.cli("user", "suspend", "suspect", "--data-dir", str(server.data))
    assert done.returncode == 0, done.stderr
    assert search(server, "suspect") == [] and "suspect" not in search(server, None, limit=200)


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "cursor=zzz", "cursor=YQ", "query=%20", "query=%00", "query=" + "x" * 257])
def test_bad_searches_are_refused(people, query):
    answer = people.call("finder", "GET", "/users?" + query, expect=400)
    assert answer["code"] == "invalid_request"


def test_the_own_profile(people):
    me = people.call("me", "GET", "/users/me")
    assert set(me) == {"user_id", "tenant_id", "display_name", "avatar_url", "kind", "role", "status", "created_at"}
    assert (me["user_id"], me["kind"], me["role"], me["status"]) == ("me", "human", "user", "active")
    changed = people.call("me", "PATCH", "/users/me", {"display_name": "Me Myself", "avatar_url": "https://x.example/me.png"})
    assert changed["display_name"] == "Me Myself"
    assert people.call("finder", "GET", "/users/me")["user_id"] == "finder"
    assert people.call("me", "PATCH", "/users/me", {"avatar_url": ""})["avatar_url"] is None
    for body in ({"display_name": ""}, {"display_name": "x" * 257}, {"avatar_url": "javascript:x"}, {"display_name": "a\u0000b"}):
        assert people.call("me", "PATCH", "/users/me", body, expect=400)["code"] == "invalid_request"


def test_users_of_a_database_from_before_the_search_are_found():
    server = Server()
    server.start()
    try:
        server.call("older", "PATCH", "/users/me", {"display_name": "ÉMILIE du Châtelet"})
        server.stop()
        with sqlite3.connect(server.data / "aiim.db") as db:
            db.execute("DELETE FROM user_names")
            db.execute("UPDATE users SET folded = FALSE")
        server.start()
        assert search(server, "émilie") == ["older"] and search(server, "châ") == ["older"]
    finally:
        server.close()
