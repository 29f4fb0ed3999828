"""The command line: what it refuses, in one line that names the setting, and what it does beside a running server."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import time

import pytest

from device import Device
from harness import BINARY, SECRET, Server, clean_environment, free_port, token


def serve(tmp_path, *args, **env):
    """`aiim serve` that is expected to refuse: exit code and standard error."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("AIIM_", "JWT_"))}
    args = args or ("--port", str(free_port()), "--data-dir", str(tmp_path / "data"))
    done = subprocess.run([BINARY, "serve", *args], env={**clean, "JWT_SECRET": SECRET, "AIIM_HOST": "127.0.0.1", **env},
                          capture_output=True, text=True, timeout=30)
    return done.returncode, done.stderr


def refused(tmp_path, setting, *args, **env):
    code, complaint = serve(tmp_path, *args, **env)
    assert code == 3, (code, complaint)
    assert len(complaint.strip().splitlines()) == 1 and setting in complaint, complaint
    assert SECRET not in complaint


@pytest.mark.parametrize("secret", ["", "short", "x" * 40, "your-secret-key-change-in-production-please"])
def test_serve_refuses_a_missing_short_or_default_secret(tmp_path, secret):
    refused(tmp_path, "JWT_SECRET", JWT_SECRET=secret)


def test_serve_refuses_unknown_and_malformed_settings(tmp_path):
    refused(tmp_path, "AIIM_WORKERZ", AIIM_WORKERZ="2")
    refused(tmp_path, "AIIM_WORKERS", AIIM_WORKERS="many")
    refused(tmp_path, "MAX_CONNECTIONS", MAX_CONNECTIONS="-1")
    refused(tmp_path, "ALLOWED_ORIGINS", ALLOWED_ORIGINS="chat.example.com")
    refused(tmp_path, "DATABASE_URL", DATABASE_URL="mysql://x/y")
    refused(tmp_path, "LOG_LEVEL", LOG_LEVEL="loud")
    refused(tmp_path, "JWT_ALGORITHM", JWT_ALGORITHM="none")
    file = tmp_path / "aiim.toml"
    for text, named in (("wrokers = 2\n", "wrokers"), ("workers = \"two\"\n", "workers"), ("workers = = 2\n", "aiim.toml:1")):
        file.write_text(text)
        refused(tmp_path, named, "--port", str(free_port()), "--data-dir", str(tmp_path / "data"), "--config", str(file))


def test_serve_refuses_a_taken_port(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        refused(tmp_path, port, "--port", port, "--data-dir", str(tmp_path / "data"))


def test_serve_refuses_a_port_that_another_aiim_has_and_a_directory_in_use(tmp_path):
    server = Server()
    server.start()
    try:
        refused(tmp_path, str(server.port), "--port", str(server.port), "--data-dir", str(tmp_path / "data"))
        refused(tmp_path, "--data-dir", "--port", str(free_port()), "--data-dir", str(server.data))
    finally:
        server.close()


def test_serve_refuses_a_directory_it_cannot_use(tmp_path):
    (tmp_path / "file").write_text("")
    refused(tmp_path, "--data-dir", "--port", str(free_port()), "--data-dir", str(tmp_path / "file" / "data"))
    refused(tmp_path, "--data-dir", "--port", str(free_port()))


def without_data_dir(url):
    """A server that is told DATABASE_URL and nothing of a directory."""
    one = Server(url)
    clean = one.environment()
    log = open(one.dir / "log", "ab")
    one.process = subprocess.Popen([one.binary, "serve", "--port", str(one.port)], env=clean, stdout=log, stderr=log, cwd=one.dir)
    log.close()
    return one


def test_with_DATABASE_URL_no_data_directory_is_needed_and_two_servers_share_one_postgresql(postgres):
    url = postgres.database("aiim_two_servers")
    servers = []
    try:
        for _ in range(2):
            servers.append(without_data_dir(url))
            servers[-1].wait_ready()
        conversation = servers[0].direct("alice", "bob")
        servers[0].call("alice", "POST", "/messages", {"conversation_id": conversation, "type": "text", "content": {"text": "from one"}})
        servers[1].call("bob", "POST", "/messages", {"conversation_id": conversation, "type": "text", "content": {"text": "from the other"}})
        assert [message["seq"] for message in servers[0].history("bob", conversation)] == [1, 2]
        assert [path.name for path in servers[0].dir.iterdir()] == ["log"], "nothing is written here"
    finally:
        for server in servers:
            server.close()


def test_a_sqlite_file_that_DATABASE_URL_names_serves_one_server(tmp_path):
    url = f"sqlite:///{tmp_path}/named.db"
    first = without_data_dir(url)
    try:
        first.wait_ready()
        code, complaint = serve(tmp_path, "--port", str(free_port()), DATABASE_URL=url)
        assert code == 3 and "in use by another aiim server" in complaint, complaint
    finally:
        first.close()


def test_a_data_directory_that_is_not_there_is_named(tmp_path):
    for command in (["user", "list"], ["apikey", "list"], ["migrate", "status"], ["backup", tmp_path / "b"], ["retention", "list"]):
        done = subprocess.run([BINARY, *command, "--data-dir", "./typo"], env=clean_environment(), capture_output=True, text=True, timeout=20, cwd=tmp_path)
        assert done.returncode == 1 and "--data-dir ./typo" in done.stderr, done
    assert not (tmp_path / "typo").exists()


def test_serve_refuses_a_database_newer_than_the_binary(server):
    server.stop()
    if server.database_url:
        import psycopg2
        connection = psycopg2.connect(server.database_url)
    else:
        import sqlite3
        connection = sqlite3.connect(server.data / "aiim.db")
    cursor = connection.cursor()
    cursor.execute("INSERT INTO schema_migrations (number, name, checksum, applied_at) VALUES (999, '999_future', 'x', '2030-01-01T00:00:00.000Z')")
    connection.commit()
    connection.close()
    done = server.cli("serve", "--port", str(free_port()), "--data-dir", str(server.data))
    assert done.returncode == 3 and len(done.stderr.strip().splitlines()) == 1 and "newer" in done.stderr, done.stderr
    assert server.cli("migrate", "status", "--data-dir", str(server.data)).returncode == 1


def test_wrong_command_lines_exit_with_2_and_help_with_0():
    run = lambda *args: subprocess.run([BINARY, *args], capture_output=True, text=True, timeout=20)
    assert run().returncode == 2
    assert run("fly").returncode == 2
    assert run("serve", "--nope").returncode == 2
    assert run("user", "add").returncode == 2
    for command in ((), ("serve",), ("demo",), ("token",), ("user",), ("user", "add"), ("migrate",), ("config",), ("version",)):
        done = run(*command, "--help")
        assert done.returncode == 0 and "Usage" in done.stdout, command
    assert json.loads(run("version", "--json").stdout)["version"] == run("version").stdout.split()[1]


@pytest.mark.parametrize("words, said", [
    ("", "aiim: `aiim` needs a command; `aiim --help` lists them"),
    ("serv", "aiim: there is no command `aiim serv`; did you mean serve?"),
    ("fly", "aiim: there is no command `aiim fly`; `aiim --help` lists what there is"),
    ("user ad x", "aiim: there is no command `aiim user ad`; did you mean add?"),
    ("serve --prot 1", "aiim: `aiim serve` has no option --prot; did you mean --port?"),
    ("serve --prot=1", "aiim: `aiim serve` has no option --prot; did you mean --port?"),
    ("--prot 1 serve", "aiim: `aiim` has no option --prot; `aiim --help` lists what there is"),
    ("user add alice bob", "aiim: `aiim user add` takes no further argument: bob"),
    ("user add", "aiim: USER is required; `aiim user add --help` says more"),
    ("token alice --ttl abc", 'aiim: --ttl: must be a whole number, not "abc"; `aiim token --help` says more'),
    ("token alice --ttl 0", "aiim: --ttl: must be from 1 to 315360000, not 0; `aiim token --help` says more"),
    ("token alice --ttl 99999999999999999999", "aiim: --ttl: must be from 1 to 315360000, not 99999999999999999999; `aiim token --help` says more"),
    ("retention set many", 'aiim: DAYS: must be a whole number, not "many"; `aiim retention set --help` says more'),
])
def test_a_wrong_command_line_is_told_what_is_wrong(words, said):
    done = subprocess.run([BINARY, *words.split()], capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said + "\n")


def test_the_version_as_an_option():
    run = lambda *args: subprocess.run([BINARY, *args], capture_output=True, text=True, timeout=20)
    assert run("--version").returncode == 0 and run("--version").stdout == run("version").stdout != ""


def test_config_keeps_its_columns():
    done = subprocess.run([BINARY, "config"], env={"REDIS_URL": "redis://x"}, capture_output=True, text=True, timeout=20)
    lines = done.stdout.splitlines()
    # Where the third column begins: the source is one of these words.
    begins = {re.search(r" (default|environment|flag|file) ", line).start() for line in lines}
    assert len(lines) > 40 and len(begins) == 1, done.stdout


def test_keys_say_what_they_may(tmp_path):
    run = lambda *args: subprocess.run([BINARY, "apikey", *args, "--data-dir", tmp_path], env=clean_environment(), capture_output=True, text=True, timeout=20)
    for name, scopes, shown in (("all", (), "everything"), ("some", ("--scopes", "read"), "read"), ("both", ("--scopes", "read,write"), "read,write")):
        made = run("create", "helper", "--name", name, *scopes)
        assert made.returncode == 0 and len(made.stdout.splitlines()) == 1, made
        assert made.stderr.endswith(f" of helper; scopes: {shown}\n"), made
    listed = {line.split()[-1]: line.split()[-2] for line in run("list").stdout.splitlines()}
    assert listed == {"all": "everything", "some": "read", "both": "read,write"}


def test_config_shows_values_and_sources_and_masks_secrets(tmp_path):
    file = tmp_path / "aiim.toml"
    file.write_text('workers = 3\nlog_level = "debug"\nallowed_origins = ["https://a.example", "https://b.example"]\n')
    secret_file = tmp_path / "secret"
    secret_file.write_text("from-a-file-0123456789-0123456789-abc\n")
    env = {"PATH": os.environ["PATH"], "JWT_SECRET_FILE": str(secret_file), "LOG_LEVEL": "warn", "DATABASE_URL": "postgresql+psycopg2://me:hidden@db/x"}
    done = subprocess.run([BINARY, "config", "--json", "--config", file], env=env, capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    shown = {row["name"]: row for row in json.loads(done.stdout)}
    assert (shown["workers"]["value"], shown["workers"]["source"]) == ("3", "file")
    assert (shown["log_level"]["value"], shown["log_level"]["source"]) == ("warn", "environment")
    assert shown["port"]["source"] == "default" and shown["port"]["value"] == "8083"
    assert shown["jwt_secret"]["value"] == "********" and "hidden" not in done.stdout and "from-a-file" not in done.stdout


def test_a_token_from_the_command_line_is_good(shared_server):
    server = shared_server
    done = server.cli("token", "zoe", "--ttl", "60", "--json")
    made = json.loads(done.stdout)
    status, me, _ = server.request("GET", "/api/aiim/users/me", headers={"Authorization": "Bearer " + made["token"]})
    assert status == 200 and me["user_id"] == "zoe" and made["expires_in"] == 60
    other = server.cli("token", "zoe", "--tenant", "acme").stdout.strip()
    assert server.request("GET", "/api/aiim/users/me", headers={"Authorization": "Bearer " + other})[1]["tenant_id"] == "acme"


def test_users_are_managed_beside_a_running_server(shared_server):
    server = shared_server
    data = ("--data-dir", str(server.data))
    added = server.cli("user", "add", "dora", "--display-name", "Dora", "--password", "--json", *data, input="correct horse\n")
    assert added.returncode == 0 and json.loads(added.stdout)["display_name"] == "Dora", added.stderr
    again = server.cli("user", "add", "dora", *data)
    assert again.returncode == 1 and "dora" in again.stderr
    assert server.cli("user", "suspend", "nobody-here", *data).returncode == 4
    assert server.cli("user", "add", "bad name", *data).returncode == 2
    assert server.cli("user", "add", "shorty", "--password", *data, input="short\n").returncode == 2
    assert "dora" in server.cli("user", "list", *data).stdout
    login = lambda password: server.request("POST", "/api/aiim/auth/login", {"username": "dora", "password": password})
    status, tokens, _ = login("correct horse")
    assert status == 200 and tokens["token_type"] == "Bearer" and tokens["user"]["user_id"] == "dora"
    assert login("wrong horse")[0] == 401
    assert server.cli("user", "passwd", "dora", *data, input="another horse\n").returncode == 0
    assert login("correct horse")[0] == 401 and login("another horse")[0] == 200
    # The old login has ended, within 5 s.
    deadline = time.monotonic() + 5
    while server.request("GET", "/api/aiim/users/me", headers={"Authorization": "Bearer " + tokens["access_token"]})[0] != 401:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_suspension_closes_open_sockets_within_five_seconds(shared_server):
    server = shared_server

    async def whole():
        device = await Device(server, "sid").connect()
        loop = asyncio.get_running_loop()
        done = await loop.run_in_executor(None, lambda: server.cli("user", "suspend", "sid", "--data-dir", str(server.data)))
        assert done.returncode == 0
        await asyncio.wait_for(device.reader, 5)
        assert device.closed_code == 4401
        status, answer, _ = server.request("GET", "/api/aiim/users/me", headers={"Authorization": "Bearer " + token("sid")})
        assert status == 401 and answer["code"] == "suspended"
        await loop.run_in_executor(None, lambda: server.cli("user", "activate", "sid", "--data-dir", str(server.data)))
        deadline = time.monotonic() + 5
        while server.request("GET", "/api/aiim/users/me", headers={"Authorization": "Bearer " + token("sid")})[0] != 200:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.1)

    asyncio.run(whole())


def test_sigterm_says_goodbye_drains_and_exits(server):
    async def whole():
        device = await Device(server, "tim").connect()
        device.keep_events = True
        begun = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(device.reader, 15)
        assert device.closed_code == 1012
        bye = [e for e in device.events if e["type"] == "bye"]
        assert bye and bye[0]["data"]["reason"] == "draining" and bye[0]["data"]["reconnect_after_ms"] >= 0
        assert server.process.wait(15) == 0
        assert time.monotonic() - begun < 15

    asyncio.run(whole())
