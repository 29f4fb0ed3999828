#!/usr/bin/env python3
"""Runs clang-tidy over the C++ files of the tree, or over those named, from build/compile_commands.json.

    scripts/run_clang_tidy.py [--jobs N] [--build DIR] [FILE...]

A file that passed is remembered in DIR/clang-tidy-passed by what went into it (the file, the tree's headers that it
includes, its flags, .clang-tidy and the tool's version), so a second run looks only at what changed. The whole tree takes some ten seconds of processor
time per file that includes Asio, which is why this is a part of `make lint` and not of `make test`.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Right C++20 that clang learns to compile only in version 16: structured bindings captured by a lambda.
NOT_YET_IN_CLANG = re.compile(r"reference to local binding '\w+' declared in enclosing function")
FINDING = re.compile(r"^\S+:\d+:\d+: (?:error|warning): .*$", re.M)
FLAGS_OF_GCC = re.compile(r"\s-fno-(?:gnu-unique|ipa-[\w-]+)|\s-fcoroutines|\s-fconcepts[\w-]*")


def included(path, include_folders, seen):
    """The tree's own files that `path` includes, followed all the way."""
    for name in re.findall(r'^\s*#\s*include\s*["<]([^">]+)[">]', path.read_text(errors="replace"), flags=re.M):
        for folder in (path.parent, *include_folders):
            target = (folder / name).resolve()
            if target.is_file() and target.is_relative_to(ROOT) and target not in seen:
                seen.add(target)
                included(target, include_folders, seen)
    return seen


def key_of(entry, common):
    path = pathlib.Path(entry["file"])
    folders = [pathlib.Path(folder) for folder in re.findall(r"-(?:I|isystem )\s*(\S+)", entry["command"])]
    folders = [folder for folder in folders if folder.is_relative_to(ROOT)]
    digest = hashlib.sha256(common + entry["command"].replace(str(ROOT), "").encode())
    for source in [path, *sorted(included(path, folders, set()))]:
        digest.update(source.read_bytes())
    return digest.hexdigest()


def main():
    parser = argparse.ArgumentParser(description="clang-tidy over the tree")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--build", default="build")
    parser.add_argument("files", nargs="*")
    arguments = parser.parse_args()
    build = (ROOT / arguments.build).resolve()
    database = json.loads((build / "compile_commands.json").read_text())
    entries = {}
    for entry in database:  # a file that is in two targets is looked at once
        path = pathlib.Path(entry["file"]).resolve()
        if path.is_relative_to(ROOT) and not path.is_relative_to(build):
            entries.setdefault(path, {**entry, "file": str(path), "command": FLAGS_OF_GCC.sub("", entry["command"])})
    if arguments.files:
        asked = {pathlib.Path(name).resolve() for name in arguments.files}
        if unknown := asked - entries.keys():
            sys.exit("not in the build: " + ", ".join(str(path) for path in unknown))
        entries = {path: entry for path, entry in entries.items() if path in asked}

    commands = build / "clang-tidy"
    passed = build / "clang-tidy-passed"
    for folder in (commands, passed):
        folder.mkdir(exist_ok=True)
    (commands / "compile_commands.json").write_text(json.dumps(list(entries.values())))
    version = subprocess.run(["clang-tidy", "--version"], check=True, capture_output=True).stdout
    common = version + (ROOT / ".clang-tidy").read_bytes()
    keys = {path: key_of(entry, common) for path, entry in entries.items()}
    waiting = [path for path in entries if not (passed / keys[path]).exists()]
    # The longest first, so that no single file is left for the end.
    waiting.sort(key=lambda path: -path.stat().st_size)
    print(f"clang-tidy: {len(waiting)} of {len(entries)} files to look at", flush=True)

    def look_at(path):
        started = time.monotonic()
        done = subprocess.run(["nice", "clang-tidy", "-p", str(commands), "--quiet", str(path)], capture_output=True, text=True)
        return path, done, time.monotonic() - started

    bad = 0
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for count, future in enumerate(concurrent.futures.as_completed([pool.submit(look_at, path) for path in waiting]), 1):
            path, done, seconds = future.result()
            findings = [line for line in FINDING.findall(done.stdout) if not NOT_YET_IN_CLANG.search(line)]
            good = not findings and (done.returncode == 0 or FINDING.search(done.stdout) is not None)
            print(f"[{count}/{len(waiting)}] {path.relative_to(ROOT)} {seconds:.1f} s{'' if good else '  FAILED'}", flush=True)
            if good:
                (passed / keys[path]).touch()
            else:
                bad += 1
                print(done.stdout.strip() or done.stderr.strip(), flush=True)
    print(f"clang-tidy: {len(entries) - bad} files pass, {bad} do not ({time.monotonic() - began:.0f} s)")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
