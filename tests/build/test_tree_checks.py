"""Each check of the tree finds what it is there to find, and lets pass what is right."""

import pathlib

import pytest

from tree_checks import (await_complaints, fuzz_complaints, include_complaints, link_complaints, loop_complaints, reachable,
                         text_complaints, tour)


@pytest.mark.parametrize("source", [
    "co_await f(Agg{1, 2});",
    "co_await f({.x = 3});",
    "co_await f({});",
    "auto r = co_await call([p] { return p; });",
    "auto r = co_await call([&](int a) -> int { return a; });",
    "auto r = co_await call([this](int a) mutable { return a; });",
    "co_return co_await store.append(\n    Draft{\n .a = 1});",
    "CO_TRY(sent, co_await f(g(Agg{1})));",
    "co_await (f(Agg{1}) || g());",
    "if (!co_await f(Agg{1})) { return; }",
    "co_await Awaiter{this};",
    "auto a = [] { return 1; }; co_await f([] { return 2; }, Agg{1});",
])
def test_braces_inside_a_co_await_are_found(source):
    assert len(await_complaints("x.cpp", source)) == 1


@pytest.mark.parametrize("source", [
    "Agg agg{1, 2}; co_await f(std::move(agg));",
    "if (co_await f()) { g({1}); }",
    "for (auto& x : co_await f()) { g(x); }",
    "switch (co_await f()) { case 1: break; }",
    "co_await call([] { return 1; });",
    "co_await call([](int a) -> awaitable<void> { co_await g(a); }(3));",
    "// co_await f({1});\nf({1});",
    "/* co_await f({1}); */",
    'log("co_await f({1})");',
    'log(R"(co_await f({1}))");',
    "co_await f();\nauto x = Agg{1};",
    "auto y = pair(co_await f(), Agg{1});",
    "co_await f('{', 1'000);",
])
def test_named_arguments_and_blocks_after_a_co_await_pass(source):
    assert await_complaints("x.cpp", source) == []


def test_a_co_await_inside_a_captureless_lambda_is_looked_at_too():
    assert len(await_complaints("x.cpp", "co_await call([](int a) { co_await g(Agg{a}); }(3));")) == 1


@pytest.mark.parametrize("source", ["while (co_await f()) {}", "while (auto x = co_await f(a)) {}", "do { g(); } while (co_await f());",
                                    "for (int i = 0; co_await f(i); ++i) {}"])
def test_an_await_in_a_loop_s_condition_is_found(source):
    assert len(loop_complaints("x.cpp", source)) == 1


@pytest.mark.parametrize("source", ["while (more) { more = co_await f(); }", "for (auto& x : co_await f()) {}",
                                    "for (auto x = co_await f(); x; --x) {}", "// while (co_await f())"])
def test_awaits_beside_a_loop_s_condition_pass(source):
    assert loop_complaints("x.cpp", source) == []


def test_the_arrows_run_one_way():
    assert reachable("base") == {"base"}
    assert reachable("hub") == {"hub", "core", "wire", "base"}
    assert {"store", "bus", "hub", "core"} <= reachable("ops") and "net" not in reachable("ops")


@pytest.mark.parametrize("where, included", [
    ("src/base/x.h", "wire/message.h"), ("src/core/x.cpp", "store/db.h"), ("src/hub/x.cpp", "bus/bus.h"),
    ("src/ops/x_test.cpp", "net/router.h"), ("src/base/x.cpp", "x.h"), ("src/base/x.cpp", "../base/x.h"),
    ("src/net/x.cpp", "schema/embedded.h"), ("src/elsewhere/x.cpp", "base/x.h"),
])
def test_an_include_against_the_arrows_is_found(where, included):
    assert len(include_complaints(where, f'#include "{included}"\n')) == 1


def test_includes_along_the_arrows_pass():
    text = '#include <vector>\n#include "base/result.h"\n#include "core/policy.h"\n#include "schema/embedded.h"\n'
    assert include_complaints("src/store/migrate.cpp", text) == []


@pytest.mark.parametrize("text", ["see ../" + "shared/x.md", "/work/" + "main/src", "// TO" + "DO: later", "# FIX" + "ME",
                                  "a\n<<<<<<" + "< HEAD\nb"])
def test_text_that_may_not_stay_is_found(text):
    assert len(text_complaints("x", text)) == 1


def test_an_unfinished_thing_with_its_issue_passes():
    assert text_complaints("x", "// TO" + "DO(#12): when the other side can") == []


def test_a_link_to_nowhere_is_found():
    here = pathlib.Path(__file__)
    text = "[a](test_tree.py) [b](https://example.org/x) [c](nowhere.md)\n```\n[d](also-nowhere.md)\n```\n"
    assert link_complaints(here, text) == [f"{here.name}:1: nowhere.md does not exist"]


def test_the_tour_is_what_is_marked_so():
    assert tour("x\n```sh\na\n```\n```sh tour\nb\nc\n```\n") == ["b\nc\n"]


def test_a_fuzz_target_whose_parser_is_not_built_is_found():
    source = '#include "core/jwt.h"\n#include "core/jwk_set.h"\n#include "base/check.h"\n#include "fuzz.h"\n'
    exists = {"src/core/jwt.cpp", "src/core/jwk_set.cpp"}.__contains__
    complaints = fuzz_complaints("x_fuzz.cpp", source, "${CMAKE_SOURCE_DIR}/src/core/jwt.cpp", exists)
    assert complaints == ["x_fuzz.cpp: tests/fuzz/CMakeLists.txt lacks src/core/jwk_set.cpp"]
    assert fuzz_complaints("x_fuzz.cpp", source, "a/src/core/jwt.cpp a/src/core/jwk_set.cpp", exists) == []
