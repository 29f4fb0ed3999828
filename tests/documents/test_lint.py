"""Public linters find nothing to say about the documents."""

import json
import os
import pathlib
import subprocess

import pytest

from harness import BINARY, Server

HERE = pathlib.Path(__file__).resolve().parent


@pytest.fixture(scope="session")
def linters():
    """What package-lock.json names, installed beside it."""
    lock, installed = HERE / "package-lock.json", HERE / "node_modules" / ".installed"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        done = subprocess.run(["npm", "install", "--no-save", "--ignore-scripts", "--no-fund", "--no-audit", "--loglevel=error"],
                              cwd=HERE, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        installed.touch()
    return HERE / "node_modules" / ".bin"


def document(tmp_path, name, change=None):
    text = subprocess.run([BINARY, "schema", name], check=True, capture_output=True, text=True).stdout
    parsed = json.loads(text)
    if change:
        change(parsed)
    path = tmp_path / f"{name}.json"
    path.write_text(json.dumps(parsed))
    return path


def redocly(linters, path):
    done = subprocess.run([linters / "redocly", "lint", path, "--config", HERE / "redocly.yaml", "--format", "json"],
                          capture_output=True, text=True, cwd=HERE, env={**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"})
    return [f"{each['ruleId']}: {each['message']}" for each in json.loads(done.stdout)["problems"]]


def asyncapi(linters, path):
    done = subprocess.run(["node", HERE / "asyncapi.mjs", path], capture_output=True, text=True, cwd=HERE)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_redocly_finds_nothing_in_openapi(linters, tmp_path):
    assert redocly(linters, document(tmp_path, "openapi")) == []


def test_redocly_would_find_something(linters, tmp_path):
    def change(parsed):
        parsed["paths"]["/health"]["get"].pop("operationId")
        parsed["paths"]["/healthz"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]["$ref"] = "#/nowhere"
    found = redocly(linters, document(tmp_path, "openapi", change))
    assert any("unresolved" in each for each in found) and any("operationId" in each for each in found), found


def test_the_asyncapi_parser_finds_nothing(linters, tmp_path):
    assert asyncapi(linters, document(tmp_path, "asyncapi")) == []


def shout(parsed):
    next(iter(parsed["operations"].values()))["action"] = "shout"


def lead_nowhere(parsed):
    next(iter(parsed["operations"].values()))["channel"]["$ref"] = "#/channels/nowhere"


@pytest.mark.parametrize("change", [shout, lead_nowhere])
def test_the_asyncapi_parser_would_find_something(linters, tmp_path, change):
    assert asyncapi(linters, document(tmp_path, "asyncapi", change))


def test_the_server_serves_what_the_command_prints(tmp_path):
    server = Server()
    server.start()
    try:
        for name in ("openapi", "asyncapi"):
            status, served, headers = server.request("GET", f"/{name}.json")
            assert status == 200 and headers["Content-Type"] == "application/json"
            assert served == json.loads(server.cli("schema", name).stdout)
            status, _, _ = server.request("GET", f"/{name}.json", headers={"If-None-Match": headers["ETag"]})
            assert status == 304
        status, page, headers = server.request("GET", "/docs")
        assert status == 200 and b"/docs/docs.js" in page and "default-src 'none'" in headers["Content-Security-Policy"]
    finally:
        server.close()
