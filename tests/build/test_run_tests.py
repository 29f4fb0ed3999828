"""The test runner never looks green when something did not run. Each case is a small tree with a copy of the runner."""

import pathlib
import shutil
import subprocess
import sys

import pytest

RUNNER = pathlib.Path(__file__).resolve().parent.parent.parent / "scripts" / "run_tests.py"


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "scripts").mkdir()
    shutil.copy(RUNNER, tmp_path / "scripts")
    return tmp_path


def run(tree, *arguments):
    done = subprocess.run([sys.executable, "scripts/run_tests.py", *arguments], cwd=tree, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout.splitlines()[-1], done.stdout


def write(path, text, mode=0o644):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def executable(tree, folder, script):
    """A unit test executable in place of a real one, with the source file that announces it."""
    write(tree / "src" / folder / "x_test.cpp", "")
    write(tree / "build" / f"{folder}_test", "#!/bin/sh\nreport=${1#--gtest_output=xml:}\n" + script, 0o755)


def test_sums_over_suites(tree):
    write(tree / "tests/system/test_a.py", "def test_one(): pass\ndef test_two(): pass\n")
    executable(tree, "base", 'echo \'<testsuites><testsuite><testcase name="a" classname="B"/></testsuite></testsuites>\' > $report')
    code, last, _ = run(tree)
    assert (code, last) == (0, "3 passed, 0 failed")


def test_a_failure_is_counted_shown_and_fails_the_run(tree):
    write(tree / "tests/system/test_a.py", "def test_one(): pass\ndef test_two(): assert 'apple' == 'pear'\n")
    code, last, output = run(tree)
    assert (code, last) == (1, "1 passed, 1 failed")
    assert "apple" in output and "test_two" in output


def test_a_suite_that_runs_nothing_fails(tree):
    write(tree / "tests/system/test_a.py", "def helper(): pass\n")
    code, last, _ = run(tree)
    assert (code, last) == (1, "0 passed, 1 failed")


def test_a_suite_that_skips_everything_fails(tree):
    write(tree / "tests/system/test_a.py", "import pytest\ndef test_one(): pytest.skip('no database')\n")
    code, last, output = run(tree)
    assert (code, last) == (1, "0 passed, 1 failed")
    assert "no database" in output


def test_a_crash_keeps_what_had_passed_and_fails(tree):
    executable(tree, "base", "echo '[       OK ] A.b (1 ms)'; kill -SEGV $$")
    code, last, output = run(tree)
    assert (code, last) == (1, "1 passed, 1 failed")
    assert "signal 11" in output


def test_a_missing_executable_fails(tree):
    write(tree / "src/base/x_test.cpp", "")
    code, last, output = run(tree)
    assert (code, last) == (1, "0 passed, 1 failed")
    assert "base_test could not be started" in output


def test_a_suite_that_hangs_is_ended_with_all_its_children(tree):
    executable(tree, "base", f"sleep 987 & echo $! > {tree}/child; sleep 987")
    code, last, output = run(tree, "--limit-s", "1")
    assert (code, last) == (1, "0 passed, 1 failed")
    assert "took longer than" in output
    child = (tree / "child").read_text().strip()
    state = pathlib.Path(f"/proc/{child}/stat")
    assert not state.exists() or state.read_text().split()[2] == "Z"


def test_suites_after_the_limit_of_all_fail(tree):
    executable(tree, "base", "sleep 987")
    write(tree / "tests/system/test_a.py", "def test_one(): pass\n")
    code, last, output = run(tree, "--limit-s", "1")
    assert (code, last) == (1, "0 passed, 2 failed")
    assert "system was not run" in output


def test_a_tree_without_tests_fails(tree):
    assert run(tree)[:2] == (1, "0 passed, 1 failed")


def test_a_suite_asked_for_by_name_must_exist(tree):
    assert run(tree, "faults")[:2] == (1, "0 passed, 1 failed")
