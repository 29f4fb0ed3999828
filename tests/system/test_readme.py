"""The README's tour, run as written against `aiim demo`; only the port is another one, so that it can run anywhere."""

import json
import pathlib
import re
import signal
import socket
import subprocess
import threading
import urllib.request

import pytest

from harness import BINARY, clean_environment

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A running demo: its port, everything that it printed until it was ready, and where its data is."""
    temporary = tmp_path_factory.mktemp("demo")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([BINARY, "demo", "--port", str(port)], env={**clean_environment(), "TMPDIR": str(temporary)}, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
    watchdog = threading.Timer(60, process.kill)
    watchdog.start()
    printed = ""
    for line in process.stdout:
        printed += line
        if "Ctrl-C" in line:
            break
    watchdog.cancel()
    drain = threading.Thread(target=process.stdout.read, daemon=True)
    drain.start()
    assert process.poll() is None and "Ctrl-C" in printed, printed
    yield port, printed, temporary
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0


def bash(script, **env):
    """Runs a script as somebody would who pastes it, but stops at the first command that fails."""
    done = subprocess.run(["bash", "-e", "-o", "pipefail", "-c", script], env={**clean_environment(), **env}, capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def shown(output, name):
    return re.findall(rf'"{name}": ([^,\n}}]+)', output)


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_tour_works_as_written(demo, readme):
    blocks = re.findall(r"^```sh tour\n(.*?)^```", (ROOT / readme).read_text(), flags=re.S | re.M)
    assert len(blocks) == 9
    # The second README's run is a second tour through the same demo: its message needs a key of its own.
    script = "\n".join(blocks).replace("8083", str(demo[0])).replace("hello-1", f"hello-{readme}")
    output = bash(script.replace("build/aiim", str(BINARY)), TMPDIR=str(demo[2]))
    assert "Weekend trip" in output and "direct" in output
    assert "message.created" in output and "Hello Bob" in output, "Bob's WebSocket saw Alice's message"
    assert shown(output, "duplicate") == ["false", "true"]
    first, repeated, last = shown(output, "seq")
    assert first == repeated == last
    assert shown(output, "status") == ['"read"', '"streaming"', '"sent"']
    assert '"text": "Let me see … 42."' in output, "the bot's answer in one piece"
    assert '"complete": true' in output and shown(output, "messages")[-1] == last
    assert '"healthy"' in output


def test_what_the_demo_prints_works_when_pasted(demo):
    port, printed, temporary = demo
    assert f"http://127.0.0.1:{port}" in printed
    curls = [line.strip() for line in printed.splitlines() if line.strip().startswith("curl ")]
    assert len(curls) >= 2
    for curl in curls:
        assert '"conversation_id"' in bash(curl.replace("curl ", "curl --fail ", 1))
    socket_lines = [line.strip() for line in printed.splitlines() if "ws://" in line]
    assert socket_lines
    assert '"hello"' in bash("sleep 1 | " + socket_lines[0])
    key_line, = [line.strip() for line in printed.splitlines() if " apikey create " in line]
    assert str(temporary / "aiim-demo-") in key_line and f"kept in {temporary}/aiim-demo-" in printed
    key = bash(key_line).strip()
    request = urllib.request.Request(f"http://127.0.0.1:{port}/api/aiim/users/me", headers={"X-API-Key": key})
    with urllib.request.urlopen(request, timeout=30) as reply:
        assert json.load(reply)["kind"] == "bot"


def test_the_page_is_told_whom_one_may_be(demo):
    port, printed, _ = demo
    base = f"http://127.0.0.1:{port}"
    with urllib.request.urlopen(f"{base}/config.json", timeout=30) as reply:
        people = json.load(reply)["demo_users"]
    assert [each["user_id"] for each in people] == ["alice", "bob", "carol"]
    for each in people:
        assert each["password"] in printed
        body = json.dumps({"username": each["user_id"], "password": each["password"]}).encode()
        login = urllib.request.Request(f"{base}/api/aiim/auth/login", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(login, timeout=30) as reply:
            assert json.load(reply)["user"]["user_id"] == each["user_id"]
