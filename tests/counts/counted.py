"""A server whose calls are counted, and what a test needs around it."""

import contextlib
import mmap
import os
import pathlib
import struct
import tempfile
import time

from harness import BINARY, Server

COUNTS_BINARY = pathlib.Path(os.environ.get("AIIM_COUNTS_BINARY", BINARY.parent / "aiim-counts"))
SLOT = struct.Struct("24sQ")


class Counts:
    """The page that `aiim-counts` counts in (tests/counts/counters.h)."""

    def __init__(self):
        self.file = tempfile.NamedTemporaryFile(prefix="aiim-counts-")
        self.page = None

    def map(self):
        self.page = mmap.mmap(self.file.fileno(), 0)
        self.slots = {name.rstrip(b"\0").decode(): number
                      for number, (name, _) in enumerate(SLOT.iter_unpack(self.page[:]))}

    def read(self):
        return {name: self[name] for name in self.slots}

    def __getitem__(self, name):
        return SLOT.unpack_from(self.page, self.slots[name] * SLOT.size)[1]

    def since(self, before, per=1):
        """What was counted since `before`, for one of `per`; numbers wrap at 2^64 as the counters do."""
        changes = {name: (value - before[name]) % 2**64 for name, value in self.read().items()}
        return {name: (change - 2**64 if change >= 2**63 else change) / per for name, change in changes.items()}

    @contextlib.contextmanager
    def commits_held(self):
        """No commit ends inside: what is sent meanwhile goes into one batch."""
        at = self.slots["hold_commits"] * SLOT.size + 24
        self.page[at:at + 8] = struct.pack("Q", 1)
        try:
            yield
        finally:
            self.page[at:at + 8] = struct.pack("Q", 0)


class CountedServer(Server):
    """One worker, so that the same work takes the same calls each time; no heartbeat while a test runs."""

    def __init__(self, database_url=""):
        self.counts = Counts()
        super().__init__(database_url, binary=COUNTS_BINARY, AIIM_WORKERS="1", LOG_LEVEL="warn", AIIM_HEARTBEAT_SECONDS="3000",
                         AIIM_SILENT_SECONDS="3600", COUNTS_FILE=self.counts.file.name)

    def start(self, **env):
        super().start(**env)
        self.counts.map()
        return self


def until(condition, what, seconds=60):
    """Waits for a condition that this process can only look at."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.002)
