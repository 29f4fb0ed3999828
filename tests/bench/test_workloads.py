"""aiim-bench on both databases, each run a fifth of a second: what it checks of a server holds, and it has figures."""

import json
import os
import re
import subprocess

import pytest

from harness import BINARY, SLOW

BENCH = BINARY.parent / "aiim-bench"
SHORT = "--seconds 0.2 --warmup 0.1 --runs 1 --verbose".split()
SMALL = "--pairs 3 --members 5 --sessions 8 --messages 300 --streams 2 --viewers 2 --rate 50 --depth 2 --window 2 --batch 10 --workers 1".split()


@pytest.fixture(params=["sqlite", "postgres"])
def bench(request, tmp_path):
    """Runs it and returns its exit code, its output and its results; with a server and a database of its own."""
    database = ["--postgres"] if request.param == "postgres" else []
    clean = {k: v for k, v in os.environ.items() if not k.startswith("AIIM_") and k not in ("DATABASE_URL", "REDIS_URL", "JWT_SECRET")}

    def run(*arguments, spawn=f"{BINARY} serve"):
        path = tmp_path / "results.json"
        command = [BENCH, *arguments, *SHORT, *database, "--spawn", spawn, "--json", path]
        done = subprocess.run(command, env=clean, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=100 * SLOW)
        return done.returncode, done.stdout, json.loads(path.read_text())["results"] if path.exists() else []

    run.database = request.param
    return run


def workloads():
    text = subprocess.run([BENCH, "--help"], stdout=subprocess.PIPE, text=True, check=True).stdout
    names = re.findall(r"^  (\S+)", text.split("\nWorkloads:\n")[1].split("\n\n")[0], re.M)
    assert "limit" in names and "pair-closed" in names, text
    return names


def check(code, output, results):
    assert code == 0 and "FAILED" not in output, output[-6000:]
    for result in results:
        assert result["figures"], result
    return results


def test_every_workload_and_every_limit_of_the_machine_is_measured(bench):
    names = workloads()
    if bench.database == "postgres":
        names.remove("short")  # a choice among the others
    measured = {result["workload"] for result in check(*bench(*names, *SMALL))}
    limits = {"limit-echo", "limit-fan-out", "limit-fdatasync", "limit-sqlite"}
    if bench.database == "postgres":
        limits.add("limit-postgres")
    composed = {"short", "limit", "growth", "store"}  # of cases with names of their own
    missing = (set(names) - composed | limits | {"store-driver", "store-threads"}) - measured
    assert not missing, missing


def test_a_history_that_is_written_into_the_database_is_read(bench):
    results = check(*bench("history", "sync", "--messages", "200001", "--sessions", "2"))
    assert {result["workload"] for result in results} == {"history", "sync"}


def test_ids_may_ascend_and_are_named_beside_the_case_only_then(bench):
    results = check(*bench("pair-closed", "rest", "--receipts", "--client-ids", "ordered", "--text-bytes", "40", *SMALL))
    assert [result["params"].get("client-ids") for result in results] == ["ordered"] * 2
    results = check(*bench("pair-closed", *SMALL))
    assert "client-ids" not in results[0]["params"]


def test_a_soak_lasts_as_long_as_it_is_told(bench):
    [result] = check(*bench("pair-soak", "--pairs", "2"))
    assert result["params"]["seconds"] == "0.2"


def test_a_case_that_fails_is_counted_and_the_exit_code_says_so(bench):
    code, output, results = bench("echo", "bus", *SMALL, spawn="/bin/false")
    assert code == 1, output
    assert "FAILED: the server ended at its start" in output and re.search(r"^FAILED: 1 of \d+ cases$", output, re.M), output
    assert {result["workload"] for result in results} == {"bus"}, "the cases after it are run all the same"
