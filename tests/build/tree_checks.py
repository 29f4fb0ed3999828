"""What this tree asks of its own text, as functions from text to a list of complaints.

test_tree.py applies them to every file; test_tree_checks.py shows each of them something broken.
"""

import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

BELOW = {"base": [], "outbound": ["base"], "wire": ["base"], "core": ["wire"], "store": ["core"], "bus": ["core"],
         "blob": ["core", "outbound"], "ai": ["core", "outbound"], "hub": ["core"],
         "ops": ["store", "bus", "blob", "ai", "hub", "outbound"], "net": ["ops"], "main": ["net"]}
# Folders outside src/ that a folder of src/ may include.
BESIDE = {"store": ["schema"], "ops": ["assets"], "net": ["assets"]}
# What only a folder's unit tests may include besides: the real sibling instead of a mock.
TESTS_BESIDE = {"hub": ["bus"]}


def reachable(folder):
    """The folder and all that it may include: base <- wire <- core <- {store, bus, blob, ai, hub} <- ops <- net <- main."""
    seen = set()
    waiting = [folder]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += BELOW.get(name, [])
    return seen


def files(*patterns):
    """The files of the tree, ignored ones left out; tracked or not, so that a check speaks before the commit."""
    command = ["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard", "-z", "--", *patterns]
    names = subprocess.run(command, check=True, capture_output=True).stdout.decode().split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def text_of(path):
    """None for binary files."""
    data = path.read_bytes()
    return None if b"\0" in data[:8192] else data.decode("utf-8", errors="replace")


def line_of(text, position):
    return text.count("\n", 0, position) + 1


# --- C++ ---------------------------------------------------------------------------------------------------------

TOKEN_TO_BLANK = re.compile(
    r'//(?:\\\n|[^\n])*|/\*.*?\*/|R"(?P<d>[^()\\\s]{0,16})\(.*?\)(?P=d)"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'',
    re.S)


def blank_comments_and_strings(text):
    """The same text, of the same length and lines, with the inside of comments and literals replaced by blanks."""
    return TOKEN_TO_BLANK.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def include_complaints(name, text):
    """`name` is relative to the root: src/<folder>/…"""
    folder = pathlib.PurePosixPath(name).parts[1]
    if folder not in BELOW:
        return [f"{name}: src/{folder} has no place in the include arrows"]
    beside = BESIDE.get(folder, []) + (TESTS_BESIDE.get(folder, []) if name.endswith("_test.cpp") else [])
    complaints = []
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*"([^"]+)"', line)
        if not match:
            continue
        included = match.group(1)
        target = included.split("/")[0]
        if "/" not in included or included.startswith("."):
            complaints.append(f'{name}:{number}: write "{folder}/…", from the root of src')
        elif target not in reachable(folder) | set(beside):
            complaints.append(f"{name}:{number}: {folder} may not include {included}")
    return complaints


def matching_open(text, close):
    """The position of the bracket that `close` closes, or -1."""
    depth = 0
    for position in range(close, -1, -1):
        if text[position] in ")]}":
            depth += 1
        elif text[position] in "([{":
            depth -= 1
            if depth == 0:
                return position
    return -1


def matching_close(text, opening):
    depth = 0
    for position in range(opening, len(text)):
        if text[position] in "([{":
            depth += 1
        elif text[position] in ")]}":
            depth -= 1
            if depth == 0:
                return position
    return len(text) - 1


def opens_captureless_lambda(text, brace):
    """Whether the `{` at `brace` is the body of a lambda that captures nothing."""
    before = re.sub(r"(?:\s*->[\w\s:<>,&*]+)?(?:\s*\b(?:mutable|noexcept))*\s*$", "", text[:brace])
    if before.endswith(")"):
        before = before[: matching_open(before, len(before) - 1)].rstrip()
    return bool(re.search(r"\[\s*\]$", before))


def await_complaints(name, text):
    """g++ 12 destroys a brace-built temporary or a capturing lambda twice when it stands inside a co_await expression."""
    code = blank_comments_and_strings(text)
    complaints = []
    for match in re.finditer(r"\bco_await\b", code):
        depth = 0
        position = match.end()
        while position < len(code):
            character = code[position]
            if character in "([":
                depth += 1
            elif character in ")]}":
                depth -= 1
                if depth < 0:
                    break
            elif character == ";" or (character == "," and depth == 0):
                break
            elif character == "{":
                if not opens_captureless_lambda(code, position):
                    complaints.append(f"{name}:{line_of(code, position)}: name what is built with braces before the co_await "
                                      "that uses it (g++ 12 destroys it twice)")
                    break
                position = matching_close(code, position)
            position += 1
    return complaints


def loop_complaints(name, text):
    """g++ 12 ends an awaitable too early when it is awaited in a loop's condition."""
    code = blank_comments_and_strings(text)
    complaints = []
    for match in re.finditer(r"\b(while|for)\s*\(", code):
        inside = code[match.end(): matching_close(code, match.end() - 1)]
        if match.group(1) == "for":
            clauses = inside.split(";")
            inside = ";".join(clauses[1:])  # a range, or the first clause, is awaited once, before the loop
        if re.search(r"\bco_await\b", inside):
            complaints.append(f"{name}:{line_of(code, match.start())}: await before the loop's condition, into a variable "
                              "(g++ 12 ends the awaitable too early)")
    return complaints


# --- any text ----------------------------------------------------------------------------------------------------

OUTSIDE = re.compile(r"\.\./" + r"shared\b|/work/" + r"(?:main|shared)\b|/w" + r"t/[a-z]")
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b(?!\(#\d+\))")
CONFLICT = re.compile(r"^(?:<{7} |={7}$|>{7} )", re.M)


def fuzz_complaints(name, text, build, exists):
    """The sources of a fuzz target's includes that tests/fuzz/CMakeLists.txt (`build`) does not compile."""
    headers = re.findall(r'^#include "(\w+/\w+)\.h"', text, re.M)
    return [f"{name}: tests/fuzz/CMakeLists.txt lacks src/{header}.cpp" for header in headers
            if exists(f"src/{header}.cpp") and f"/src/{header}.cpp" not in build]


def text_complaints(name, text):
    complaints = []
    for pattern, what in ((OUTSIDE, "names a path outside the project"),
                          (UNFINISHED, "something unfinished needs an issue: the mark is written with (#N)"),
                          (CONFLICT, "a merge conflict's marker")):
        complaints += [f"{name}:{line_of(text, match.start())}: {what}" for match in pattern.finditer(text)]
    return complaints


def link_complaints(path, text):
    """Relative links of a Markdown file that lead nowhere."""
    complaints = []
    for match in re.finditer(r"\]\(([^)\s#]+)(?:#[^)]*)?\)", re.sub(r"```.*?```", lambda m: "\n" * m.group().count("\n"), text, flags=re.S)):
        target = match.group(1)
        if not re.match(r"[a-z]+:", target) and not (path.parent / target).exists():
            complaints.append(f"{path.name}:{line_of(text, match.start())}: {target} does not exist")
    return complaints


def tour(text):
    """The fenced blocks marked `sh tour`, in order."""
    return re.findall(r"^```sh tour\n(.*?)^```", text, flags=re.S | re.M)


# --- what errors say ---------------------------------------------------------------------------------------------

# Calls whose last text reaches clients, with what they put before it. What only operators read is not translated.
SAYS = re.compile(r'\b(?:Error\(ErrorCode::(?!internal)\w+,|Error::field\(|(?<!\w)(bad|wrong|refused|unavailable|malformed)\()')
FOR_OPERATORS = re.compile(r"src/main/|src/(?:net/(?:tls_context|listener)|store/(?:db|migrate|sqlite|postgres|backup|backup_file|restore|raw_\w+))\.cpp$|_test\.cpp$|src/blob/|src/bus/|src/outbound/|src/core/(?:ip_range|jwk_set)\.cpp$")
LITERAL = re.compile(r'"((?:\\.|[^"\\\n])*)"')


def said(text, opening):
    """The texts that the last argument of a call may be, as patterns: what is not a literal is a `*`."""
    close = matching_close(blank_comments_and_strings(text), opening)
    blank = blank_comments_and_strings(text)
    depth, start = 0, opening + 1
    for at in range(opening + 1, close):
        if blank[at] in "([{":
            depth += 1
        elif blank[at] in ")]}":
            depth -= 1
        elif blank[at] == "," and depth == 0:
            start = at + 1
    argument = text[start:close]
    if not LITERAL.search(argument) or "Error(" in argument or "(why)" in argument:  # inner calls have their own turn
        return []
    if re.search(r"\? *$", argument[: LITERAL.search(argument).start()].rstrip()):
        return LITERAL.findall(argument)  # one or the other
    pattern, rest = "", argument
    while match := LITERAL.search(rest):
        if re.search(r"\w", rest[: match.start()]) and re.sub(r"std::string(?:_view)?\(", "", rest[: match.start()]).strip(" +()\n"):
            pattern += "*"
        pattern += match.group(1)
        rest = rest[match.end():]
    if re.search(r"\w", rest):
        pattern += "*"
    return [pattern]


def phrase_complaints(name, text, known):
    """Errors that clients see and that have no row in src/ops/phrases.cpp."""
    if FOR_OPERATORS.search(name):
        return []
    blank = blank_comments_and_strings(text)
    complaints = []
    for match in SAYS.finditer(blank):
        opening = blank.index("(", match.start())
        prefixes = ["", "the token "] if match.group(1) == "refused" else [""]
        for pattern in said(text, opening):
            if pattern.strip("*") and not any(fits(prefix + pattern, row) for prefix in prefixes for row in known):
                complaints.append(f'{name}:{line_of(text, match.start())}: "{pattern}" has no Chinese in src/ops/phrases.cpp')
    return complaints


def fits(pattern, row):
    """Whether a row translates everything that the pattern stands for."""
    if pattern == row:
        return True
    if row.count("*") != 1:
        return False
    head, tail = row.split("*")
    return len(pattern) >= len(head) + len(tail) and pattern.startswith(head) and pattern.endswith(tail)


def phrases(text):
    return [english for english in re.findall(r'\{"((?:\\.|[^"\\\n])*)",', text)]
