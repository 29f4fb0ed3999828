#!/usr/bin/env python3
"""Runs the test suites of this tree and ends with one line: N passed, N failed.

    scripts/run_tests.py [--build DIR] [SUITE...]        all suites by default; --list names them

To add a suite, add a row to SUITES. Each suite runs in its own process group with a time limit, writes its whole output
to DIR/test-logs/<suite>.log, and is counted from the report its framework writes. What did not run must not look green:
a crash, a time-out, a suite without a single passed test and a missing executable each count as one failure.
"""

import argparse
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field

ROOT = pathlib.Path(__file__).resolve().parent.parent


@dataclass
class Suite:
    name: str
    kind: str  # gtest: <folder>_test of each folder that has tests; pytest: a folder; vitest, playwright: a package with that
    path: str  # the folder with its tests; a suite whose folder holds none yet is left out
    limit_s: int  # for the whole suite; of a gtest group, for each executable
    tests: str = "**/test_*.py"  # the files that make it a suite, from `path`


SUITES = [
    Suite("checks", "pytest", "tests/build", 240),
    Suite("unit", "gtest", "src", 240, "*/*_test.cpp"),
    Suite("system", "pytest", "tests/system", 900),
    Suite("documents", "pytest", "tests/documents", 240),
    Suite("faults", "pytest", "tests/faults", 600),
    Suite("counts", "pytest", "tests/counts", 120),
    Suite("bench", "gtest", "bench", 120, "*_test.cpp"),
    Suite("workloads", "pytest", "tests/bench", 300),
    Suite("python-sdk", "pytest", "clients/python/tests", 120),
    Suite("sdk", "vitest", "clients/typescript", 480, "test/**/*.test.ts"),
    Suite("web", "vitest", "clients/web", 240, "src/**/*.test.ts*"),
    Suite("browser", "playwright", "tests/browser", 600, "*.spec.ts"),
]


INSTALL = "{ [ node_modules/.package-lock.json -nt package.json ] || npm install --no-save --no-fund --no-audit --loglevel=error || exit; }"


@dataclass
class Run:
    """One process: a suite, or one executable of a gtest suite."""

    name: str
    command: list
    cwd: pathlib.Path
    limit_s: int
    report: pathlib.Path
    log: pathlib.Path


@dataclass
class Outcome:
    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    failures: list = field(default_factory=list)  # (title, text)
    skips: list = field(default_factory=list)


# Lines with which the frameworks report one finished test, for the progress line and for runs that end without a report.
PASSED_LINE = re.compile(rb"^\[       OK \]|^\S.*::.* PASSED|^\s*(?:ok \d+|\xe2\x9c[\x93\x94]) ", re.M)
FAILED_LINE = re.compile(rb"^\[  FAILED  \] .*\(\d+ ms\)|^\S.*::.* (?:FAILED|ERROR)|^\s*(?:not ok \d+|\xe2\x9c[\x96\x98]|\xc3\x97) ", re.M)


class Seen:
    """Finished tests counted from a log that grows, reading each line once."""

    def __init__(self, log):
        self.log, self.offset, self.passed, self.failed = log, 0, 0, 0

    def read_on(self):
        with open(self.log, "rb") as file:
            file.seek(self.offset)
            text = file.read()
        text = text[: text.rfind(b"\n") + 1]
        self.offset += len(text)
        self.passed += len(PASSED_LINE.findall(text))
        self.failed += len(FAILED_LINE.findall(text))


class Progress:
    """On a terminal one line that changes; in a log a line every half minute."""

    def __init__(self):
        self.tty = sys.stdout.isatty()
        self.last = time.monotonic()

    def show(self, text):
        if self.tty:
            print("\r\033[K" + text[: shutil.get_terminal_size().columns - 1], end="", flush=True)
        elif time.monotonic() - self.last > 30:
            print(text, flush=True)
            self.last = time.monotonic()

    def line(self, text):
        print(("\r\033[K" if self.tty else "") + text, flush=True)
        self.last = time.monotonic()


def runs_of(suite, build, logs):
    """The processes of a suite, or failures for those that ought to exist and do not."""
    folder = ROOT / suite.path
    log = lambda name: logs / f"{name}.log"
    report = lambda name: logs / f"{name}.xml"
    if suite.kind == "pytest":
        command = [sys.executable, "-m", "pytest", "-v", "--color=no", "-rfEs", "-p", "no:cacheprovider", "--junitxml",
                   str(report(suite.name)), suite.path]
        return [Run(suite.name, command, ROOT, suite.limit_s, report(suite.name), log(suite.name))]
    if suite.kind == "vitest":
        script = f"{INSTALL}; npm test -- --reporter=verbose --reporter=junit --outputFile.junit='{report(suite.name)}'"
        return [Run(suite.name, ["bash", "-c", script], folder, suite.limit_s, report(suite.name), log(suite.name))]
    if suite.kind == "playwright":  # its tests use the TypeScript SDK beside the browser
        script = f"(cd {ROOT}/clients/typescript && {INSTALL}) && {INSTALL}; AIIM_JUNIT='{report(suite.name)}' npm test"
        return [Run(suite.name, ["bash", "-c", script], folder, suite.limit_s, report(suite.name), log(suite.name))]
    runs = []
    for name in sorted({path.parent.name + "_test" for path in folder.glob(suite.tests)}):
        executable = next((path for path in (build / name, build / suite.path / name) if path.exists()), build / name)
        command = [str(executable), f"--gtest_output=xml:{report(name)}", "--gtest_color=no"]
        runs.append(Run(name, command, ROOT, suite.limit_s, report(name), log(name)))
    return runs


def execute(run, environment, progress, stop_at):
    """Runs one process to its end or its time limit and returns what came of it."""
    outcome = Outcome(run.name)
    run.report.unlink(missing_ok=True)
    started = time.monotonic()
    limit_s = min(run.limit_s, stop_at - started)
    if limit_s <= 0:
        outcome.failed = 1
        outcome.failures.append((f"{run.name} was not run", "the time for all suites together is used up"))
        return outcome
    process = None
    timed_out = False
    try:
        with open(run.log, "wb") as log:
            try:
                process = subprocess.Popen(run.command, cwd=run.cwd, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                           env=environment, start_new_session=True)
            except OSError as error:
                outcome.failed = 1
                outcome.failures.append((f"{run.name} could not be started", str(error)))
                return outcome
            seen = Seen(run.log)
            while process.poll() is None:
                elapsed = time.monotonic() - started
                if elapsed > limit_s:
                    timed_out = True
                    break
                seen.read_on()
                progress.show(f"{run.name:<14} {seen.passed:>5} passed {seen.failed:>3} failed  {elapsed:4.0f} s")
                time.sleep(0.05 if elapsed < 1 else 0.5)
    finally:
        end_group(process)
    outcome.seconds = time.monotonic() - started
    read_report(run, outcome)
    tail = tail_of(run.log)
    if timed_out:
        outcome.failed += 1
        outcome.failures.append((f"{run.name} took longer than {limit_s:.0f} s and was ended", tail))
    elif process.returncode != 0 and outcome.failed == 0:
        outcome.failed += 1
        how = f"died by signal {-process.returncode}" if process.returncode < 0 else f"exited with {process.returncode}"
        outcome.failures.append((f"{run.name} {how}", tail))
    elif outcome.passed == 0 and outcome.failed == 0:
        outcome.failed += 1
        outcome.failures.append((f"{run.name} ran no test", tail))
    return outcome


def end_group(process):
    """Ends what a suite left running: first politely, so that it can clean up."""
    if process is None:
        return
    for number, patience_s in ((signal.SIGTERM, 10), (signal.SIGKILL, 5)):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            process.poll()
            try:
                os.killpg(process.pid, 0)
            except ProcessLookupError:
                break
            time.sleep(0.05)
    process.wait()


def read_report(run, outcome):
    """Counts from the JUnit file; from the log's lines where the run ended before it wrote one."""
    try:
        cases = ElementTree.parse(run.report).getroot().iter("testcase")
    except (OSError, ElementTree.ParseError):
        seen = Seen(run.log)
        seen.read_on()
        outcome.passed, outcome.failed = seen.passed, seen.failed
        if seen.failed:
            outcome.failures.append((f"{run.name}: failures before it ended early", tail_of(run.log)))
        return
    for case in cases:
        title = ".".join(filter(None, (case.get("classname"), case.get("name"))))
        bad = case.findall("failure") + case.findall("error")
        skipped = case.find("skipped")
        if bad:
            outcome.failed += 1
            outcome.failures.append((title, "\n".join(item.text or item.get("message") or "" for item in bad)))
        elif skipped is not None or case.get("status") == "notrun" or case.get("result") == "suppressed":
            outcome.skipped += 1
            reason = (skipped.get("message") if skipped is not None else None) or "disabled"
            outcome.skips.append(f"{title}: {reason.strip()}")
        else:
            outcome.passed += 1


def tail_of(log):
    return log.read_bytes()[-3000:].decode(errors="replace")


def indent(text, lines_max=60):
    lines = text.strip().splitlines()
    if len(lines) > lines_max:
        lines = lines[: lines_max // 3] + [f"… {len(lines) - lines_max} lines …"] + lines[-(lines_max - lines_max // 3):]
    return "\n".join("    " + line[:400] for line in lines)


def main():
    parser = argparse.ArgumentParser(description="Runs the test suites; the last line is 'N passed, N failed'.")
    parser.add_argument("--build", default="build", help="the build directory whose binaries are tested")
    parser.add_argument("--list", action="store_true", help="name the suites and end")
    parser.add_argument("--limit-s", type=int, default=25 * 60, help="for all suites together; four times that for a build with sanitizers")
    parser.add_argument("suites", nargs="*", metavar="SUITE")
    arguments = parser.parse_args()
    names = [suite.name for suite in SUITES]
    if unknown := [name for name in arguments.suites if name not in names]:
        parser.error(f"unknown suite {', '.join(unknown)}; there are {', '.join(names)}")

    build = (ROOT / arguments.build).resolve()
    logs = build / "test-logs"
    present = {suite.name: any((ROOT / suite.path).glob(suite.tests)) for suite in SUITES}
    if arguments.list:
        print("\n".join(f"{suite.name:<12} {suite.path}{'' if present[suite.name] else '  (no tests yet)'}" for suite in SUITES))
        return 0

    logs.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "AIIM_BUILD_DIR": str(build), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}
    environment.setdefault("AIIM_BINARY", str(build / "aiim"))
    environment.setdefault("AIIM_FAULTS_BINARY", str(build / "aiim-faults"))
    cache = build / "CMakeCache.txt"
    slow = 1
    if cache.exists() and re.search(r"^AIIM_SANITIZE:\w+=.+", cache.read_text(), re.M):
        slow = 4
        environment["AIIM_TEST_SLOW"] = "1"
    progress = Progress()
    started = time.monotonic()
    outcomes = []
    for suite in SUITES:
        asked = suite.name in arguments.suites
        if arguments.suites and not asked:
            continue
        if not present[suite.name]:
            if asked:
                outcomes.append(Outcome(suite.name, failed=1))
                progress.line(f"{suite.name:<14} FAILED: there are no tests in {suite.path}")
            continue
        for run in runs_of(suite, build, logs):
            run.limit_s *= slow
            outcome = execute(run, environment, progress, started + arguments.limit_s * slow)
            outcomes.append(outcome)
            skipped = f", {outcome.skipped} skipped" if outcome.skipped else ""
            progress.line(f"{outcome.name:<14} {outcome.passed:>5} passed, {outcome.failed} failed{skipped}  {outcome.seconds:.1f} s")
            for skip in outcome.skips[:10]:
                print(f"  skipped {skip}")
            for title, text in outcome.failures[:10]:
                print(f"  FAILED {title}\n{indent(text)}")
            if outcome.failures:
                print(f"  the whole output: {os.path.relpath(run.log, ROOT)}", flush=True)
    passed = sum(outcome.passed for outcome in outcomes)
    failed = sum(outcome.failed for outcome in outcomes)
    if not outcomes:
        failed = 1
        print("no suite has any tests")
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
