"""What is made from the server's tables is checked in as it would be made, and every row has its words."""

import filecmp
import pathlib
import re
import subprocess

from harness import BINARY, ROOT


def generated(folder):
    subprocess.run([ROOT / "scripts" / "generate.sh", BINARY, folder], check=True)
    return sorted(path.relative_to(folder) for path in pathlib.Path(folder).rglob("*") if path.is_file())


def stale(folder, tree=ROOT):
    return [str(name) for name in generated(folder) if not (tree / name).exists() or not filecmp.cmp(folder / name, tree / name, shallow=False)]


def test_generated_files_are_as_the_server_makes_them(tmp_path):
    old = stale(tmp_path)
    assert not old, f"stale: {' '.join(old)}: run `make generate` and commit what it writes"


def test_a_stale_file_is_noticed(tmp_path):
    names = generated(tmp_path / "tree")
    assert len(names) == 6
    (tmp_path / "tree" / names[0]).write_text("something older\n")
    assert stale(tmp_path / "now", tmp_path / "tree") == [str(names[0])]


def test_every_operation_event_field_setting_and_command_has_its_words():
    done = subprocess.run([BINARY, "schema", "check"], capture_output=True, text=True)
    assert done.returncode == 0, "the documents lack words (each line names the file to edit):\n" + done.stdout


def test_the_reference_names_every_error_event_and_setting():
    def page(name):
        return (ROOT / "docs" / "reference" / f"{name}.md").read_text()

    for code in re.findall(r'^\s+\{\w+, "(\w+)", \d', (ROOT / "src/base/error.cpp").read_text(), re.M):
        assert f"| `{code}` |" in page("errors"), code
    for event in re.findall(r'^\s+\{"([\w.]+)", &type_of', (ROOT / "src/wire/event_table.cpp").read_text(), re.M):
        assert f"| `{event}` |" in page("events"), event
    for command in ("aiim serve", "aiim user add", "aiim schema openapi"):
        assert f"\n## {command}\n" in page("commands"), command
