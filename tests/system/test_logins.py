"""Local accounts: tokens that rotate, the list of logins, registration, guessing; on SQLite and PostgreSQL."""

import concurrent.futures
import itertools
import json
import signal
import socket
import time

import pytest

from harness import Server, token

PASSWORD = "correct horse battery staple"
fresh = itertools.count(1)


def post(server, path, body, bearer=None, headers=None):
    headers = {**(headers or {}), **({"Authorization": "Bearer " + bearer} if bearer else {})}
    return server.request("POST", "/api/aiim/auth/" + path, body, headers)[:2]


def me(server, bearer):
    return server.request("GET", "/api/aiim/users/me", headers={"Authorization": "Bearer " + bearer})[0]


@pytest.fixture
def account(shared_server):
    """A user with a password of their own."""
    name = f"person{next(fresh)}"
    done = shared_server.cli("user", "add", name, "--password", "--data-dir", str(shared_server.data), input=PASSWORD + "\n")
    assert done.returncode == 0, done.stderr
    return name


def login(server, name, headers=None):
    status, tokens = post(server, "login", {"username": name, "password": PASSWORD}, headers=headers)
    assert status == 200, tokens
    return tokens


def test_a_login_answers_with_everything_a_client_needs(shared_server, account):
    tokens = login(shared_server, account)
    assert set(tokens) == {"access_token", "refresh_token", "token_type", "expires_in", "user"}
    assert tokens["token_type"] == "Bearer" and tokens["expires_in"] == 3600 and tokens["user"]["user_id"] == account
    assert me(shared_server, tokens["access_token"]) == 200


def test_refreshing_replaces_the_token_and_reuse_ends_the_whole_login(shared_server, account):
    server = shared_server
    other = login(server, account)
    first = login(server, account)
    status, second = post(server, "refresh", {"refresh_token": first["refresh_token"]})
    assert status == 200 and second["refresh_token"] != first["refresh_token"]
    status, third = post(server, "refresh", {"refresh_token": second["refresh_token"]})
    assert status == 200 and me(server, third["access_token"]) == 200
    for stale in (first, second):  # the second one finds the login dead already
        status, problem = post(server, "refresh", {"refresh_token": stale["refresh_token"]})
        assert status == 401 and problem["code"] == "unauthenticated"
        assert post(server, "refresh", {"refresh_token": third["refresh_token"]})[0] == 401
        assert me(server, third["access_token"]) == 401
    assert me(server, other["access_token"]) == 200, "another login of the same user is not touched"
    assert post(server, "refresh", {"refresh_token": other["refresh_token"]})[0] == 200


def test_two_refreshes_at_once_are_a_reuse(shared_server, account):
    server = shared_server
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for _ in range(8):
            tokens = login(server, account)
            answers = list(pool.map(lambda _: post(server, "refresh", {"refresh_token": tokens["refresh_token"]}), range(4)))
            won = [answer for status, answer in answers if status == 200]
            assert len(won) == 1 and sorted(s for s, _ in answers) == [200, 401, 401, 401], answers
            assert me(server, won[0]["access_token"]) == 401
            assert post(server, "refresh", {"refresh_token": won[0]["refresh_token"]})[0] == 401


@pytest.mark.parametrize("forge", [
    lambda t: "", lambda t: "x", lambda t: t + "x", lambda t: t[:-1], lambda t: "." + t, lambda t: t.split(".")[0] + "..",
    lambda t: t.split(".")[0] + ".guess." + t.split(".")[2], lambda t: "sess_00000000000000000000000000." + t.split(".", 1)[1], lambda t: t.upper(),
])
def test_an_invented_refresh_token_is_refused_and_ends_nothing(shared_server, account, forge):
    tokens = login(shared_server, account)
    assert post(shared_server, "refresh", {"refresh_token": forge(tokens["refresh_token"])})[0] == 401
    assert post(shared_server, "refresh", {"refresh_token": tokens["refresh_token"]})[0] == 200


def test_logins_are_listed_and_ended_one_by_one_or_all_others(shared_server, account):
    server = shared_server
    logins = [login(server, account, {"User-Agent": f"device {n}"}) for n in range(4)]
    mine = {"Authorization": "Bearer " + logins[0]["access_token"]}

    def listed():
        return server.request("GET", "/api/aiim/users/me/sessions", headers=mine)[1]["sessions"]

    def end(**query):
        path = "/api/aiim/users/me/sessions" + "".join(f"?{k}={v}" for k, v in query.items())
        return server.request("DELETE", path, headers=mine)[0]

    sessions = listed()
    assert [s["user_agent"] for s in sessions if s["current"]] == ["device 0"]
    assert {s["user_agent"] for s in sessions} == {f"device {n}" for n in range(4)}
    assert all(s["address"] == "127.0.0.1" and s["created_at"] <= s["last_used_at"] < s["expires_at"] for s in sessions)
    one = next(s["session_id"] for s in sessions if s["user_agent"] == "device 1")
    assert end(session_id=one) == 204 and end(session_id=one) == 404
    assert end(session_id="sess_00000000000000000000000000") == 404
    assert [me(server, each["access_token"]) for each in logins] == [200, 401, 200, 200]
    assert end() == 204
    assert [me(server, each["access_token"]) for each in logins] == [200, 401, 401, 401]
    assert post(server, "refresh", {"refresh_token": logins[2]["refresh_token"]})[0] == 401
    assert len(listed()) == 1


def test_nobody_ends_or_sees_the_logins_of_others(shared_server, account):
    server = shared_server
    tokens = login(server, account)
    session = server.call(account, "GET", "/users/me/sessions")["sessions"][0]["session_id"]
    assert server.call("stranger", "GET", "/users/me/sessions")["sessions"] == []
    server.call("stranger", "DELETE", f"/users/me/sessions?session_id={session}", expect=404)
    server.call(account, "DELETE", f"/users/me/sessions?session_id={session}", tenant="elsewhere", expect=404)
    assert me(server, tokens["access_token"]) == 200


def test_logging_out_ends_the_login(shared_server, account):
    server = shared_server
    tokens, other = login(server, account), login(server, account)
    assert post(server, "logout", {}, tokens["access_token"])[0] == 204
    assert me(server, tokens["access_token"]) == 401
    assert post(server, "refresh", {"refresh_token": tokens["refresh_token"]})[0] == 401
    assert me(server, other["access_token"]) == 200
    assert post(server, "logout", {}, tokens["access_token"])[0] == 401


def test_a_new_password_ends_every_login(shared_server, account):
    server = shared_server
    tokens = login(server, account)
    done = server.cli("user", "passwd", account, "--data-dir", str(server.data), input="another password\n")
    assert done.returncode == 0
    assert post(server, "refresh", {"refresh_token": tokens["refresh_token"]})[0] == 401
    assert post(server, "login", {"username": account, "password": PASSWORD})[0] == 401
    assert post(server, "login", {"username": account, "password": "another password"})[0] == 200


def test_registration_is_closed_unless_it_is_opened(shared_server):
    status, problem = post(shared_server, "register", {"username": "newcomer", "password": PASSWORD})
    assert status == 403 and problem["code"] == "forbidden"
    server = Server(AIIM_REGISTRATION="true")
    server.start()
    try:
        status, tokens = post(server, "register", {"username": "newcomer", "password": PASSWORD, "display_name": "New"})
        assert status == 200 and tokens["user"]["display_name"] == "New" and tokens["user"]["role"] == "user"
        assert me(server, tokens["access_token"]) == 200
        assert post(server, "login", {"username": "newcomer", "password": PASSWORD})[0] == 200
        server.call("known", "GET", "/users/me")
        for taken in ("newcomer", "known", "service"):  # also somebody without a password, and API_KEY's bot before its first request
            assert post(server, "register", {"username": taken, "password": PASSWORD})[0] == 409
        for bad in ({"username": "no spaces", "password": PASSWORD}, {"username": "short", "password": "1234567"},
                    {"username": "x" * 65, "password": PASSWORD}, {"username": "huge", "password": "x" * 1025}):
            status, problem = post(server, "register", bad)
            assert status == 400 and problem["errors"], (bad, problem)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            statuses = list(pool.map(lambda _: post(server, "register", {"username": "race", "password": PASSWORD})[0], range(4)))
        assert sorted(statuses) == [200, 409, 409, 409]
    finally:
        server.close()


def test_guesses_at_once_are_counted_and_one_good_login_does_not_pay_for_others():
    server = Server()
    server.start()
    try:
        data = ("--data-dir", str(server.data))
        for name in ("victim", "mallory"):
            server.cli("user", "add", name, "--password", *data, input=PASSWORD + "\n")
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            statuses = list(pool.map(lambda n: post(server, "login", {"username": "victim", "password": f"guess {n} xxx"})[0], range(12)))
        assert statuses.count(401) == 5 and statuses.count(429) == 7, statuses
        assert post(server, "login", {"username": "mallory", "password": PASSWORD})[0] == 200  # another account from there
        limited = 0
        for n in range(40):  # one guess at each of many accounts, with good logins in between
            status = post(server, "login", {"username": f"somebody{n}", "password": "guess guess"})[0]
            limited += status == 429
            if n % 4 == 0 and not limited:
                assert post(server, "login", {"username": "mallory", "password": PASSWORD})[0] in (200, 429)
        assert limited > 20
        log = server.log()
        assert "login_failed" in log and "guess" not in log
    finally:
        server.close()


def test_a_server_that_ends_lets_go_of_passwords_that_it_has_not_hashed_yet():
    server = Server(AIIM_REGISTRATION="true", MALLOC_PERTURB_="165", MALLOC_CONF="junk:true")  # no freed memory keeps its looks
    server.start()
    accounts = []
    for i in range(60):
        body = json.dumps({"username": f"somebody{i}", "password": PASSWORD}).encode()
        one = socket.create_connection(("127.0.0.1", server.port))
        one.sendall(b"POST /api/aiim/auth/register HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                    b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        accounts.append(one)
    try:
        time.sleep(0.3)
        server.process.send_signal(signal.SIGTERM)
        server.await_log(" draining ")
        time.sleep(0.2)
        server.process.send_signal(signal.SIGSTOP)  # for so long that nothing of its patience is left
        time.sleep(10.5)
        server.process.send_signal(signal.SIGCONT)
        assert server.process.wait(15) == 0
    finally:
        for one in accounts:
            one.close()
        server.close()
