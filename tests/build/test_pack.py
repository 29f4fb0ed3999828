"""aiim-pack: what is packed into the binary is what lies in the folders, compressed once, with the right headers."""

import gzip
import os
import pathlib
import re
import subprocess

import pytest

from tree_checks import ROOT

PACK = pathlib.Path(os.environ.get("AIIM_BUILD_DIR", ROOT / "build")) / "assets" / "aiim-pack"


def pack(tmp_path, *folders):
    done = subprocess.run([PACK, tmp_path / "out.cpp", tmp_path / "out.bin", *folders], capture_output=True, text=True)
    if done.returncode != 0:
        return done.stderr
    blob = (tmp_path / "out.bin").read_bytes()
    rows = {}
    for line in (tmp_path / "out.cpp").read_text().splitlines():
        if match := re.match(r'    \{"([^"]+)", "([^"]+)", (at\(.*?\)|\{\}), (at\(.*?\)|\{\}), (at\(.*?\)|\{\}), (true|false)\}', line):
            forms = []
            for place in match.groups()[2:5]:
                where = [int(number) for number in re.findall(r"\d+", place)]
                forms.append(blob[where[0]: sum(where)] if where else None)
            rows[match[1]] = (match[2], *forms, match[6] == "true")
    return rows


def write(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_files_are_packed_with_types_compressed_forms_and_the_later_folder_wins(tmp_path):
    long = "body { color: red }\n" * 200
    first = write(tmp_path / "a", {"index.html": "old", "docs/page.css": long})
    second = write(tmp_path / "b", {"index.html": "new", "assets/index-BX3kf_9a.js": "let a"})
    rows = pack(tmp_path, first, second, tmp_path / "missing")
    assert sorted(rows) == ["/assets/index-BX3kf_9a.js", "/docs/page.css", "/index.html"]
    assert rows["/index.html"] == ("text/html; charset=utf-8", b"new", None, None, False)
    mime, plain, zipped, brotlied, immutable = rows["/docs/page.css"]
    assert mime == "text/css; charset=utf-8" and plain.decode() == long == gzip.decompress(zipped).decode()
    assert len(brotlied) < len(zipped) < len(plain) and not immutable
    assert rows["/assets/index-BX3kf_9a.js"][4], "a name with a digest may be cached for ever"


def test_only_a_name_with_a_digest_is_immutable(tmp_path):
    rows = pack(tmp_path, write(tmp_path / "a", {"assets/logo.svg": "a", "app-12345678.js": "b", "assets/a-12345678.css": "c"}))
    assert {path for path, row in rows.items() if row[4]} == {"/assets/a-12345678.css"}


@pytest.mark.parametrize("name", ["secrets.exe", "README"])
def test_a_file_without_a_known_type_stops_the_build(tmp_path, name):
    assert name in pack(tmp_path, write(tmp_path / "a", {name: "?"}))
