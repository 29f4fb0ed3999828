"""Whatever a command writes is its owner's alone; a directory that others may look into is reported, with the remedy."""

import json
import os
import re
import subprocess
import time

from harness import BINARY, Server, clean_environment, free_port


def modes(directory):
    """{path below: "600"}, with the directory itself as "."."""
    found = {".": directory.stat().st_mode & 0o777}
    found |= {str(path.relative_to(directory)): path.stat().st_mode & 0o777 for path in directory.rglob("*")}
    return {name: f"{mode:o}" for name, mode in found.items()}


def all_private(directory, *expected):
    found = modes(directory)
    assert set(expected) <= found.keys(), found
    for name, mode in found.items():
        assert mode == ("700" if (directory / name).is_dir() else "600"), found


def run(*args, **env):
    """With the umask that most shells have."""
    done = subprocess.run([BINARY, *map(str, args)], env=clean_environment() | env, capture_output=True, text=True, timeout=60, umask=0o022)
    assert done.returncode == 0, done
    return done.stdout


def test_a_server_keeps_its_data_to_itself():
    server = Server()
    old = os.umask(0o022)
    try:
        server.start()
    finally:
        os.umask(old)
    try:
        server.call("alice", "POST", "/conversations", {"type": "direct", "member_ids": ["bob"]})
        all_private(server.data, "aiim.db", "aiim.db-wal", "aiim.db-shm", "aiim.db-writer", "aiim.lock")
        assert "data_not_private" not in server.log()
    finally:
        server.close()


def test_commands_write_in_private(tmp_path):
    made = tmp_path / "made"
    made.mkdir(mode=0o700)
    run("migrate", "up", "--data-dir", made)
    all_private(made, "aiim.db")
    for number, command in enumerate((("user", "add", "alice"), ("apikey", "create", "helper"), ("retention", "list"))):
        directory = tmp_path / f"data{number}"
        directory.mkdir(mode=0o700)
        run(*command, "--data-dir", directory)
        all_private(directory, "aiim.db")
    run("backup", tmp_path / "saved", "--data-dir", made)
    assert modes(tmp_path)["saved"] == "600"
    restored = tmp_path / "new" / "restored"
    run("restore", tmp_path / "saved", "--data-dir", restored)
    all_private(tmp_path / "new", "restored", "restored/aiim.db")
    run("user", "add", "alice", DATABASE_URL=f"sqlite:///{tmp_path}/named.db")
    assert modes(tmp_path)["named.db"] == "600"


def test_a_directory_that_others_may_look_into_is_reported():
    server = Server()
    server.data.mkdir()
    server.data.chmod(0o755)
    server.start()
    try:
        assert server.log().count("data_not_private") == 1
        line = next(line for line in server.log().splitlines() if "data_not_private" in line)
        assert " warn " in line and "mode=0755" in line and f"chmod 700 {server.data}" in line, line

        def said():
            found = json.loads(server.cli("doctor", "--data-dir", str(server.data), "--json").stdout)
            return [each for each in found if "may be read by others" in each["text"]]

        assert [each["level"] for each in said()] == ["warning"] and said()[0]["advice"].startswith(f"chmod 700 {server.data}")
        subprocess.run(re.match(r"[^:]*", said()[0]["advice"])[0], shell=True, check=True)
        assert said() == []
    finally:
        server.close()


def test_a_file_that_DATABASE_URL_names_is_judged_by_itself(tmp_path):
    path = tmp_path / "named.db"
    url = f"sqlite:///{path}"
    run("user", "add", "alice", DATABASE_URL=url)
    doctor = lambda: [each["advice"] for each in json.loads(subprocess.run([BINARY, "doctor", "--json"], capture_output=True, env={"DATABASE_URL": url}).stdout)
                      if "may be read by others" in each["text"]]
    assert doctor() == []
    path.chmod(0o644)
    assert len(doctor()) == 1 and doctor()[0].startswith(f"chmod 600 {path}")


def test_a_restore_that_cannot_begin_leaves_nothing_behind(tmp_path):
    bad = tmp_path / "bad"
    bad.write_text("this is no backup\n")
    for file in (tmp_path / "nofile", bad):
        done = subprocess.run([BINARY, "restore", file, "--data-dir", tmp_path / "r2"], env=clean_environment(), capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and file.name in done.stderr, done
        assert not (tmp_path / "r2").exists()


def test_a_demo_keeps_its_data_to_itself(tmp_path):
    demo = subprocess.Popen([BINARY, "demo", "--port", str(free_port())], env=clean_environment() | {"TMPDIR": str(tmp_path)}, umask=0o022,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        end = time.monotonic() + 60
        for line in demo.stdout:
            if "Ctrl-C" in line:
                break
            assert time.monotonic() < end
        directory, = tmp_path.glob("aiim-demo-*")
        all_private(directory, "aiim.db", "aiim.db-wal")
    finally:
        demo.terminate()
        assert demo.wait(20) == 0
