"""SIGTERM under load: whoever has a connection open gets an answer that says it closes, and no broken one."""

import http.client
import json
import signal
import socket
import threading
import time

from harness import Server, token

CLIENTS = 12


class KeepAlive(threading.Thread):
    """Sends one request after the other over one connection, and a new one only when the server said that it closes."""

    def __init__(self, server, number, conversation):
        super().__init__()
        self.server, self.number, self.conversation = server, number, conversation
        self.headers = {"Authorization": "Bearer " + token("alice"), "Content-Type": "application/json"}
        self.acknowledged, self.told, self.broken = [], False, None
        self.pause = number % 4 * 0.05  # some are mostly idle

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
        count = 0
        while not self.told:
            key = f"{self.number}-{count}"
            body = json.dumps({"conversation_id": self.conversation, "type": "text", "content": {"text": key}, "client_msg_id": key})
            try:
                connection.request("POST", "/api/aiim/messages", body, self.headers)
                answer = connection.getresponse()
                sent = json.loads(answer.read())
            except (ConnectionError, http.client.HTTPException) as error:
                self.broken = f"request {count}: {error!r}"
                return
            assert answer.status == 200, sent
            self.acknowledged.append(sent["message"]["seq"])
            self.told = answer.getheader("Connection") == "close"
            count += 1
            time.sleep(self.pause)


def test_open_connections_are_answered_and_told_that_they_close():
    server = Server()
    server.start()
    try:
        conversation = server.direct("alice", "bob")
        clients = [KeepAlive(server, number, conversation) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        time.sleep(0.5)
        server.process.send_signal(signal.SIGTERM)
        for client in clients:
            client.join(20)
        assert [client.broken for client in clients if client.broken] == []
        assert all(client.told for client in clients)
        assert server.process.wait(10) == 0
        server.start()
        acknowledged = sorted(seq for client in clients for seq in client.acknowledged)
        assert [message["seq"] for message in server.history("bob", conversation)] == acknowledged
    finally:
        server.close()


def test_an_idle_connection_may_ask_once_more_and_does_not_hold_the_server_up():
    server = Server()
    server.start()
    try:
        silent, late = (http.client.HTTPConnection("127.0.0.1", server.port, timeout=10) for _ in range(2))
        for connection in (silent, late):
            connection.request("GET", "/healthz")
            assert connection.getresponse().read()
        begun = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        server.await_log(" draining ")
        time.sleep(0.3)
        late.request("GET", "/healthz")
        answer = late.getresponse()
        assert (answer.status, answer.getheader("Connection")) == (200, "close")
        assert server.process.wait(10) == 0 and time.monotonic() - begun < 5
        assert silent.sock.recv(1) == b""
        with socket.socket() as gone:
            assert gone.connect_ex(("127.0.0.1", server.port)) != 0
    finally:
        server.close()
