"""docs/conformance.md names tests: each exists."""

import re

from tree_checks import ROOT, text_of

PAGE = ROOT / "docs" / "conformance.md"


def missing(page):
    """Names of tests on the page that no test has."""
    gone = []
    for file, test in re.findall(r"`(test_\w+\.py)::(\w+)`", page):
        found = [path for path in (ROOT / "tests").glob(f"*/{file}") if re.search(rf"^(?:async )?def {test}\(", text_of(path), re.M)]
        gone += [] if found else [f"{file}::{test}"]
    units = "\n".join(text_of(path) for path in ROOT.glob("src/*/*_test.cpp"))
    for suite, test in re.findall(r"`([A-Z]\w+)\.(\w+)`", page):
        if not re.search(rf"TEST(?:_[PF])?\(\s*{suite},\s*{test}\)", units):
            gone.append(f"{suite}.{test}")
    return gone


def test_every_test_that_the_page_names_exists():
    assert not missing(text_of(PAGE))


def test_each_promise_names_a_test_or_says_that_none_does():
    rows = [line for line in text_of(PAGE).splitlines() if line.startswith("| ") and not line.startswith("| promise")]
    assert len(rows) > 60
    shown = [row.rsplit("|", 2)[1] for row in rows]
    assert not [cell for cell in shown if "`test_" not in cell and not re.search(r"`[A-Z]\w+\.\w+`", cell) and "no test" not in cell]


def test_the_check_notices_what_is_missing():
    assert missing("`test_http.py::test_nothing_like_it` `Hub.nothing_like_it`") == ["test_http.py::test_nothing_like_it", "Hub.nothing_like_it"]
