"""The real server, started and ended by the tests: on SQLite, and on a private PostgreSQL cluster."""

import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = pathlib.Path(os.environ.get("AIIM_BINARY", ROOT / "build" / "aiim")).resolve()
FAULTS_BINARY = pathlib.Path(os.environ.get("AIIM_FAULTS_BINARY", BINARY.parent / "aiim-faults"))
SECRET = "a-secret-of-the-tests-that-is-long-enough-0123456789"
SLOW = 4 if os.environ.get("AIIM_TEST_SLOW") else 1  # sanitizer builds take longer


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(user, tenant=None, ttl=3600, secret=SECRET, **claims):
    header = b64url(b'{"alg":"HS256","typ":"JWT"}')
    payload = {"sub": user, "exp": int(time.time()) + ttl, **claims}
    if tenant:
        payload["tenant_id"] = tenant
    body = header + "." + b64url(json.dumps(payload).encode())
    return body + "." + b64url(hmac.new(secret.encode(), body.encode(), hashlib.sha256).digest())


class Postgres:
    """A cluster of our own in a temporary directory, run by a user that is not root."""

    def __init__(self):
        found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
        self.bin = found[-1].parent
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="aiim-pg-"))
        self.port = free_port()
        self.as_user = []
        if os.getuid() == 0:
            shutil.chown(self.dir, "postgres", "postgres")
            self.as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
        self.run("initdb", "-D", self.dir / "data", "-A", "trust", "-U", "postgres", "--no-sync")
        self.start()

    def run(self, program, *args):
        subprocess.run([*self.as_user, self.bin / program, *map(str, args)], check=True, cwd=self.dir,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def start(self):
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self.dir} -c max_connections=200"
        self.run("pg_ctl", "-D", self.dir / "data", "-w", "-o", options, "-l", self.dir / "log", "start")

    def database(self, name):
        self.run("psql", "-h", "127.0.0.1", "-p", self.port, "-U", "postgres", "-c", f"CREATE DATABASE {name}")
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    def close(self):
        with contextlib.suppress(subprocess.CalledProcessError):
            self.run("pg_ctl", "-D", self.dir / "data", "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.dir, ignore_errors=True)


def clean_environment():
    """Without what the test tools set: `aiim` refuses names with its prefix that it does not know."""
    return {k: v for k, v in os.environ.items() if not k.startswith("AIIM_") or k.startswith("AIIM_TEST_")}


class Server:
    """`aiim serve` on a port and a directory of its own; may be killed and started again on the same data."""

    def __init__(self, database_url="", binary=BINARY, **env):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="aiim-test-"))
        self.data = self.dir / "data"
        self.port = free_port()
        self.binary = binary
        self.database_url = database_url
        self.env = {"JWT_SECRET": SECRET, "RATE_LIMIT_PER_SEC": "1000000", "LOG_LEVEL": "info", "AIIM_HOST": "127.0.0.1",
                    "AIIM_WORKERS": "2", **env}
        if database_url:
            self.env["DATABASE_URL"] = database_url
        self.process = None

    def environment(self, **more):
        return {**clean_environment(), **self.env, **more}

    def start(self, **env):
        self.launch(**env)
        self.wait_ready()
        return self

    def launch(self, **env):
        log = open(self.dir / "log", "ab")
        self.process = subprocess.Popen([self.binary, "serve", "--port", str(self.port), "--data-dir", str(self.data)],
                                        env=self.environment(**env), stdout=log, stderr=log)
        log.close()

    def wait_ready(self, seconds=30 * SLOW):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}:\n{self.log()[-3000:]}")
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.request("GET", "/ready")[0] == 200:
                    return
            time.sleep(0.02)
        raise RuntimeError("the server is not ready:\n" + self.log()[-3000:])

    def await_log(self, text, times=1, seconds=20 * SLOW):
        end = time.monotonic() + seconds
        while self.log().count(text) < times:
            assert time.monotonic() < end, f"{text!r} is not {times} times in the log:\n{self.log()[-2000:]}"
            time.sleep(0.01)

    def log(self):
        return (self.dir / "log").read_text(errors="replace")

    def request(self, method, path, body=None, headers=None, timeout=30):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            data = None if body is None else body if isinstance(body, (bytes, str)) else json.dumps(body)
            headers = dict(headers or {})
            if data is not None:
                headers.setdefault("Content-Type", "application/json")
            connection.request(method, path, data, headers)
            answer = connection.getresponse()
            raw = answer.read()
            if answer.status == 500:
                print("the server's log ends with:\n" + "\n".join(l for l in self.log().splitlines() if " info " not in l)[-2000:])
            parsed = json.loads(raw) if raw and "json" in (answer.getheader("Content-Type") or "") else raw
            return answer.status, parsed, dict(answer.getheaders())
        finally:
            connection.close()

    def call(self, user, method, path, body=None, tenant=None, expect=200, headers=None):
        """A request as `user`; checks the status and returns the body."""
        headers = {"Authorization": "Bearer " + token(user, tenant), **(headers or {})}
        status, answer, _ = self.request(method, "/api/aiim" + path, body, headers)
        assert status == expect, (method, path, status, answer)
        return answer

    def group(self, owner, members, name="a group"):
        return self.call(owner, "POST", "/conversations", {"type": "group", "name": name, "member_ids": members})["conversation_id"]

    def direct(self, one, other):
        return self.call(one, "POST", "/conversations", {"type": "direct", "member_ids": [other]})["conversation_id"]

    def history(self, user, conversation):
        """All messages, ascending."""
        messages, after = [], 0
        while True:
            page = self.call(user, "GET", f"/messages/{conversation}?" + urllib.parse.urlencode({"after_seq": after, "limit": 200}))
            messages += page["messages"]
            if not page["has_more"]:
                return messages
            after = messages[-1]["seq"]

    @property
    def ws_url(self):
        return f"ws://127.0.0.1:{self.port}/api/aiim/ws"

    def cli(self, *args, input=None, env=None, timeout=60):
        return subprocess.run([self.binary, *args], env=self.environment(**(env or {})), input=input, text=True,
                              capture_output=True, timeout=timeout)

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        if self.process:
            self.process.wait()

    def stop(self, seconds=15 * SLOW):
        """SIGTERM; must drain and end in time."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(seconds)

    def close(self):
        try:
            self.stop()
            code = self.process.returncode if self.process else 0
        finally:
            self.kill()
        report = self.log()
        shutil.rmtree(self.dir, ignore_errors=True)
        assert code in (0, -signal.SIGKILL), f"the server ended with {code}:\n{report[-4000:]}"
        assert "Sanitizer" not in report and "broken invariant" not in report, report[-6000:]
