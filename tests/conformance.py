"""Every answer and frame that a test receives, held against the documents that the server publishes.

install() hooks into the clients that the tests use: harness.Server.request, raw sockets, and the `websockets` package. What
does not fit is a complaint, and the test during which it came fails. Strict where the documents are open: a field that no
document names is a complaint as well.
"""

import functools
import json
import re
import subprocess

import jsonschema

import harness

SYSTEM_PATHS = ("/health", "/healthz", "/ready", "/openapi.json", "/asyncapi.json")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")

complaints = []
seen = {}  # what was held against what, and how often
formats = jsonschema.FormatChecker(formats=())


@formats.checks("date-time")
def is_time(value):
    return not isinstance(value, str) or TIME.fullmatch(value) is not None


def closed(schema, root):
    """The schema with its references resolved and its objects closed: no field beside those it names."""
    if isinstance(schema, list):
        return [closed(each, root) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        target = root
        for step in schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return closed(target, root)
    out = {}
    for key, value in schema.items():
        if key in ("properties", "patternProperties"):
            out[key] = {name: closed(each, root) for name, each in value.items()}
        elif key in ("enum", "const", "examples", "example", "required"):
            out[key] = value
        else:
            out[key] = closed(value, root)
    # A schema under allOf would refuse what its sibling names: those of the documents that stand there have no `type`.
    if out.get("type") == "object" and "properties" in out:
        out.setdefault("additionalProperties", False)
    return out


class Check:
    """A schema, and the shapes that were found to fit it."""

    def __init__(self, schema, root):
        self.schema = closed(schema, root)
        self.validator = jsonschema.Draft202012Validator(self.schema, format_checker=formats)
        self.fitting = set()


class Documents:
    def __init__(self, openapi, asyncapi):
        self.openapi, self.asyncapi = openapi, asyncapi
        self.routes = []
        for path, item in openapi["paths"].items():
            pattern = re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)))
            for method, operation in item.items():
                self.routes.append((path.count("{"), pattern, method.upper(), operation))
        self.routes.sort(key=lambda route: route[0])  # literal paths before those with parameters
        self.frames = {}
        for name, message in asyncapi["components"]["messages"].items():
            self.frames[name] = Check(message["payload"], asyncapi)
        self.errors = {key: operation["x-errors"] for key, operation in asyncapi["operations"].items() if "x-errors" in operation}

    @functools.cached_property
    def enum_fields(self):
        """Names of fields whose text is one of a list."""
        names = {"type", "code"}

        def visit(schema, name=""):
            if isinstance(schema, list):
                for each in schema:
                    visit(each, name)
            elif isinstance(schema, dict):
                if name and ("enum" in schema or "const" in schema):
                    names.add(name)
                for key, each in schema.items():
                    if key == "properties":
                        for field, its in each.items():
                            visit(its, field)
                    elif key != "examples":
                        visit(each, name)

        for check in self.frames.values():
            visit(check.schema)
        for schema in self.openapi["components"]["schemas"].values():
            visit(closed(schema, self.openapi))
        return names

    def operation(self, method, path):
        for _, pattern, its_method, operation in self.routes:
            if its_method == method and pattern.fullmatch(path):
                return operation
        return None

    @functools.lru_cache(maxsize=None)  # noqa: B019
    def response(self, operation_id, status):
        """(description of the response, its type, the check of its body) as documented; None when the status is not."""
        operation = next(each for _, _, _, each in self.routes if each["operationId"] == operation_id)
        response = operation["responses"].get(str(status))
        if response is None:
            return None
        if "$ref" in response:
            response = self.openapi["components"]["responses"][response["$ref"].split("/")[-1]]
        for mime, content in response.get("content", {}).items():
            return response, mime, Check(content["schema"], self.openapi)
        return response, None, None

    @functools.cached_property
    def problem(self):
        return Check(self.openapi["components"]["schemas"]["Problem"], self.openapi)


@functools.lru_cache(maxsize=None)
def documents():
    def read(name):
        return json.loads(subprocess.run([harness.BINARY, "schema", name], check=True, capture_output=True).stdout)

    return Documents(read("openapi"), read("asyncapi"))


def shape(value, name=""):
    """What the schemas look at: fields, types, the words of enums, the form of times, signs of numbers."""
    if isinstance(value, dict):
        return tuple(sorted((key, shape(each, key)) for key, each in value.items()))
    if isinstance(value, list):
        return frozenset(shape(each, name) for each in value)
    if isinstance(value, str):
        return value if name in documents().enum_fields else TIME.fullmatch(value) is not None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return type(value), value < 0, value == 0
    return value  # true, false, null


def note(what):
    seen[what] = seen.get(what, 0) + 1


def complain(where, text):
    complaint = f"{where}: {text}"
    if complaint not in complaints and len(complaints) < 50:
        complaints.append(complaint)


def hold(where, check, value):
    """Of what comes in thousands, only the first of each shape is held against its schema."""
    form = hash(shape(value))
    if form in check.fitting:
        return
    error = jsonschema.exceptions.best_match(check.validator.iter_errors(value))
    if error:
        path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path)
        complain(where, f"{path or 'the whole'}: {error.message[:300]} (against the published schema)")
    elif len(check.fitting) < 100_000:
        check.fitting.add(form)


def check_problem(where, status, headers, body):
    hold(where, documents().problem, body)
    if isinstance(body, dict) and body.get("status") != status:
        complain(where, f"the problem says status {body.get('status')}")
    if not headers.get("content-language"):
        complain(where, "a problem without Content-Language")


def check_answer(method, path, status, headers, body):
    """One HTTP answer; `body` is parsed JSON, or bytes."""
    headers = {name.lower(): value for name, value in headers.items()}
    path = path.split("?")[0]
    where = f"{method} {path} {status}"
    if method not in ("GET", "POST", "PATCH", "PUT", "DELETE") or status == 304:
        return
    if status == 503 and not body and "x-request-id" not in headers:
        return  # turned away before a request was read
    if "x-request-id" not in headers:
        complain(where, "no X-Request-Id")
    mime = headers.get("content-type", "").split(";")[0]
    operation = documents().operation(method, path) if path.startswith("/api/") or path in SYSTEM_PATHS else None
    if operation is None or status in (405, 431):  # of the server itself, before any operation
        if mime == "application/problem+json":
            check_problem(where, status, headers, body)
        return
    note(f"{operation['operationId']} {status}")
    found = documents().response(operation["operationId"], status)
    if found is None:
        return complain(where, f"{operation['operationId']} documents no {status}: {str(body)[:200]}")
    response, its_mime, check = found
    for name in response.get("headers", {}):
        if name.lower() not in headers and not (name == "Retry-After" and status == 503):
            complain(where, f"no header {name}")
    if mime != (its_mime or ""):
        return complain(where, f"is {mime or 'empty'}, documented as {its_mime or 'empty'}")
    if check:
        hold(where, check, body)


class Frames:
    """One WebSocket connection as its client sees it."""

    def __init__(self):
        self.asked = {}  # by id: the operation's key

    def sent(self, text):
        try:
            frame = json.loads(text)
            if isinstance(frame["id"], str) and isinstance(frame["type"], str):
                self.asked[frame["id"]] = frame["type"].replace(".", "_")
        except (ValueError, TypeError, KeyError):
            pass  # tests send what is no frame, too

    def received(self, text):
        frame = json.loads(text)
        kind = frame.get("type")
        where = f"frame {kind}"
        key = kind
        if kind == "ack":
            operation = self.asked.get(frame.get("id"))
            if operation is None:
                return
            key, where = f"{operation}_ack", f"ack of {operation}"
        elif kind == "error":
            operation = self.asked.get(frame.get("id"))
            allowed = documents().errors.get(operation)
            if allowed and frame.get("error", {}).get("code") not in allowed:
                complain(f"error of {operation}", f"documents no {frame.get('error', {}).get('code')}")
        else:
            key = "event_" + str(kind).replace(".", "_")
            if key not in documents().frames:
                key = f"reply_{kind}"
        note(f"frame {key}")
        check = documents().frames.get(key)
        if check is None:
            return complain(where, f"no document names it: {text[:200]}")
        hold(where, check, frame)


def of(connection):
    frames = getattr(connection, "conformance", None)
    if frames is None:
        frames = connection.conformance = Frames()
    return frames


def hook_websockets():
    """Every connection of the `websockets` package, whichever of its two implementations connect() uses."""
    classes = []
    try:
        from websockets.asyncio.connection import Connection
        classes.append(Connection)
    except ImportError:
        pass
    try:
        from websockets.legacy.protocol import WebSocketCommonProtocol
        classes.append(WebSocketCommonProtocol)
    except ImportError:
        pass
    for each in classes:
        hook_class(each)


def hook_class(each):
    receive, send = each.recv, each.send

    @functools.wraps(receive)
    async def recv(self, *args, **kwargs):
        message = await receive(self, *args, **kwargs)
        if isinstance(message, str):
            of(self).received(message)
        return message

    @functools.wraps(send)
    async def send_and_note(self, message, *args, **kwargs):
        if isinstance(message, str):
            of(self).sent(message)
        return await send(self, message, *args, **kwargs)

    each.recv, each.send = recv, send_and_note


def hook_server():
    request = harness.Server.request

    @functools.wraps(request)
    def checked(self, method, path, *args, **kwargs):
        status, body, headers = request(self, method, path, *args, **kwargs)
        check_answer(method, path, status, headers, body)
        return status, body, headers

    harness.Server.request = checked


def install():
    """Raw sockets (tests/system/raw.py) say by themselves what they received."""
    hook_server()
    hook_websockets()


def take_complaints():
    taken = list(complaints)
    complaints.clear()
    return taken
