"""The tree keeps its own rules: arrows between folders, the compiler trap, formatting, scripts, links."""

import ast
import json
import os
import re
import shutil
import subprocess

import pytest

import tree_checks
from tree_checks import ROOT, files, text_of

CPP = ("*.h", "*.cpp")


def name(path):
    return str(path.relative_to(ROOT))


def all_complaints(check, paths):
    return [complaint for path in paths for complaint in check(name(path), text_of(path))]


def assert_none(complaints):
    assert not complaints, "\n" + "\n".join(complaints)


def test_includes_follow_the_arrows():
    sources = [path for path in files(*CPP) if name(path).startswith("src/")]
    assert_none(all_complaints(tree_checks.include_complaints, sources))


def test_nothing_is_built_with_braces_inside_a_co_await():
    assert_none(all_complaints(tree_checks.await_complaints, files(*CPP)))


def test_nothing_is_awaited_in_the_condition_of_a_loop():
    assert_none(all_complaints(tree_checks.loop_complaints, files(*CPP)))


def test_no_text_points_outside_or_is_unfinished():
    texts = [path for path in files() if path.suffix not in (".lock", ".svg") and path.name != "package-lock.json"]
    assert_none(all_complaints(lambda where, text: tree_checks.text_complaints(where, text) if text else [], texts))


def test_cpp_is_formatted():
    version = subprocess.run(["clang-format", "--version"], check=True, capture_output=True, text=True).stdout
    if not re.search(r"version 14\.", version):
        pytest.skip(f"formatting is checked with clang-format 14, Debian 12's; this is {version.strip()}")
    sources = [name(path) for path in files(*CPP)]
    done = subprocess.run(["xargs", "-0", "-P", str(os.cpu_count()), "-n", "16", "clang-format", "--dry-run", "-Werror"],
                          input="\0".join(sources), capture_output=True, text=True, cwd=ROOT)
    wrong = sorted({line.split(":")[0] for line in done.stderr.splitlines() if "[-Wclang-format-violations]" in line})
    assert not wrong, "`make format` mends: " + " ".join(wrong)
    assert done.returncode == 0, done.stderr


def scripts(interpreter):
    for path in files():
        text = text_of(path)
        if text and re.match(r"#!.*\b" + interpreter, text):
            yield path


def test_shell_scripts_parse_and_pass_shellcheck():
    shells = [name(path) for path in scripts("(?:ba)?sh")]
    assert shells
    for path in shells:
        done = subprocess.run(["bash", "-n", path], capture_output=True, text=True, cwd=ROOT)
        assert done.returncode == 0, done.stderr
    if shutil.which("shellcheck"):
        done = subprocess.run(["shellcheck", "-S", "warning", *shells], capture_output=True, text=True, cwd=ROOT)
        assert done.returncode == 0, done.stdout


def test_scripts_are_executable():
    assert_none([f"{name(path)}: has a #! line but may not be executed" for path in files()
                 if path.read_bytes()[:2] == b"#!" and not os.access(path, os.X_OK)])


def test_python_and_json_parse():
    for path in files("*.py"):
        ast.parse(text_of(path), name(path))
    for path in files("*.json"):
        if not path.name.startswith("tsconfig"):  # comments are allowed there
            json.loads(text_of(path))


def test_fuzz_targets_are_built_with_what_they_include():
    build = text_of(ROOT / "tests/fuzz/CMakeLists.txt")
    assert_none([complaint for path in files("tests/fuzz/*_fuzz.cpp")
                 for complaint in tree_checks.fuzz_complaints(name(path), text_of(path), build, lambda each: (ROOT / each).exists())])


def test_links_between_documents_lead_somewhere():
    assert_none([complaint for path in files("*.md") for complaint in tree_checks.link_complaints(path, text_of(path))])


def test_both_readmes_show_the_same_tour():
    readmes = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
    tours = [tree_checks.tour(text_of(path)) for path in readmes]
    assert tours[0] and tours[0] == tours[1]


def test_make_help_names_every_public_target():
    listed = subprocess.run(["make", "-s", "help"], check=True, capture_output=True, text=True, cwd=ROOT).stdout
    for target in ("build", "run", "test", "lint", "sanitize", "fuzz", "bench", "soak", "clean"):
        assert re.search(rf"make {target}\b", listed), target
