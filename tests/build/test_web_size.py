"""How much JavaScript the web client's build makes a browser load, compressed as the server sends it at most (gzip)."""

import gzip
import json
import os
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILT = pathlib.Path(os.environ.get("AIIM_BUILD_DIR", ROOT / "build")) / "web"
KB = 1000

# What is loaded, the entries of the manifest whose chunks that takes, and the most it may weigh.
BUDGETS = [
    ("before the first paint, the list shell in either language", ["index.html", "src/i18n/zh_cn/index.ts"], 130 * KB),
    ("the chat view, its Markdown parser included",
     ["index.html", "src/i18n/zh_cn/index.ts", "src/features/messages/index.ts", "src/features/markdown/parse.ts"], 220 * KB),
]


def chunks_of(manifest, entries):
    """The entries' files with all that they import statically."""
    waiting, seen = list(entries), set()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += manifest[name].get("imports", [])
    return sorted({manifest[name]["file"] for name in seen})


@pytest.mark.parametrize("what,entries,budget", BUDGETS, ids=[each[0] for each in BUDGETS])
def test_the_client_keeps_its_budget(what, entries, budget):
    manifest = json.loads((BUILT / ".vite" / "manifest.json").read_text())
    sizes = {name: len(gzip.compress((BUILT / name).read_bytes(), 9)) for name in chunks_of(manifest, entries)}
    total = sum(sizes.values())
    print(f"{what}: {total / KB:.1f} of {budget / KB:.0f} kB in {len(sizes)} files")
    assert total <= budget, sizes
    assert total > budget / 4, "so little: is this the client?"


def test_what_is_rarely_needed_is_not_in_the_chat_view():
    manifest = json.loads((BUILT / ".vite" / "manifest.json").read_text())
    early = chunks_of(manifest, BUDGETS[1][1])
    for lazy in ("src/features/markdown/highlight.tsx", "src/features/settings/index.ts"):
        assert manifest[lazy]["file"] not in early, lazy
