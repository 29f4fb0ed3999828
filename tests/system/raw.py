"""Bare sockets, for what well-behaved clients never send."""

import base64
import json
import os
import socket
import struct

import conformance
from harness import token

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def connect(server, timeout=10):
    return socket.create_connection(("127.0.0.1", server.port), timeout)


def read_answer(stream):
    """One HTTP answer: (status, headers with lower-case names, body); None when the connection ended."""
    line = stream.readline()
    if not line:
        return None
    assert line.startswith(b"HTTP/1.1 "), line
    headers = {}
    while (field := stream.readline().strip()):
        name, _, value = field.decode().partition(":")
        headers[name.lower()] = value.strip()
    status = int(line.split()[1])
    length = 0 if status in (101, 100, 204, 304) else int(headers.get("content-length", 0))
    body = stream.read(length)
    if headers.get("content-type") == "application/problem+json":
        conformance.check_problem(f"raw {status}", status, headers, json.loads(body))
    return status, headers, body


def ask(server, text, answers=1):
    """Sends bytes, reads that many answers and whether the connection then ends."""
    with connect(server) as sock:
        sock.sendall(text.encode("latin-1") if isinstance(text, str) else text)
        stream = sock.makefile("rb")
        got = [read_answer(stream) for _ in range(answers)]
        sock.settimeout(0.3)
        try:
            ended = sock.recv(1) == b""
        except TimeoutError:
            ended = False
        return got, ended


def frame(opcode, payload=b"", fin=True, masked=True, rsv=0):
    if isinstance(payload, str):
        payload = payload.encode()
    head = bytes([(0x80 if fin else 0) | rsv | opcode])
    size, bit = len(payload), 0x80 if masked else 0
    if size < 126:
        head += bytes([bit | size])
    elif size < 65536:
        head += bytes([bit | 126]) + struct.pack(">H", size)
    else:
        head += bytes([bit | 127]) + struct.pack(">Q", size)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    repeated = (mask * (size // 4 + 1))[:size]
    return head + mask + (int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")).to_bytes(size, "big")


def handshake(user=None, path="/api/aiim/ws", **changes):
    """The bytes of an opening handshake; a header is left out when changed to None."""
    headers = {"Host": "aiim.test", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
               "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode()}
    if user:
        headers["Authorization"] = "Bearer " + token(user)
    headers.update({name.replace("_", "-"): value for name, value in changes.items()})
    fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value is not None)
    return f"GET {path} HTTP/1.1\r\n{fields}\r\n".encode()


class RawSocket:
    """A WebSocket that does only what it is told."""

    def __init__(self, server, user=None, extra=b"", receive_bytes=None, wrap=None, **changes):
        self.conformance = conformance.Frames()
        self.sock = socket.socket()
        self.sock.settimeout(10)
        if receive_bytes:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.sock.connect(("127.0.0.1", server.port))
        if wrap:
            self.sock = wrap(self.sock)
        self.sock.sendall(handshake(user, **changes) + extra)
        self.stream = self.sock.makefile("rb")
        self.answer = read_answer(self.stream)

    def send(self, *args, **kwargs):
        self.sock.sendall(frame(*args, **kwargs))

    def say(self, kind, data=None, name=None):
        text = json.dumps({"type": kind, **({"id": name} if name else {}), "data": data or {}})
        self.conformance.sent(text)
        self.send(TEXT, text)

    def read(self):
        """(opcode, payload), or None at the end."""
        head = self.stream.read(2)
        if len(head) < 2:
            return None
        assert head[0] & 0x80 and not head[0] & 0x70 and not head[1] & 0x80, head
        size = head[1]
        if size == 126:
            size = struct.unpack(">H", self.stream.read(2))[0]
        elif size == 127:
            size = struct.unpack(">Q", self.stream.read(8))[0]
        opcode, payload = head[0] & 15, self.stream.read(size)
        if opcode == TEXT:
            self.conformance.received(payload)
        return opcode, payload

    def json(self):
        """The next text frame; pings are answered on the way."""
        while True:
            opcode, payload = self.read()
            if opcode == PING:
                self.send(PONG, payload)
            else:
                assert opcode == TEXT, (opcode, payload)
                return json.loads(payload)

    def until_closed(self):
        """Every text frame until the close frame, and its code (None: the connection ended without one)."""
        texts = []
        while (got := self.read()):
            opcode, payload = got
            if opcode == TEXT:
                texts.append(json.loads(payload))
            elif opcode == CLOSE:
                return texts, struct.unpack(">H", payload[:2])[0] if payload else 1005
        return texts, None

    def close(self):
        self.stream.close()  # holds the descriptor as well
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
