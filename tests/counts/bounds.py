"""How much each piece of work may cost, in calls and bytes that do not depend on the clock.

scenario → counter → (at least, at most, measured when the row was last set). A row that fails upwards is a regression, or
a price worth paying: then it is set anew in the commit that pays it. "At least" stands where less would mean that
something is not done, as a commit without a sync, or that nothing is counted any more.

One worker; texts of 200 bytes. `sends`, `receives` and, on PostgreSQL, statements include those to the database.
"""

BOUNDS = {
    # One at a time: sent, acknowledged, delivered to two sessions.
    "message between two, sqlite": {
        "allocations": (1, 120, 102),
        "live_bytes": (0, 1200, 700),  # the page cache, as the database grows
        "sends": (2, 3, 2.4),
        "sent_bytes": (1000, 1900, 1592),
        "receives": (1, 1.05, 1),
        "epoll_changes": (0, 3.2, 2.4),  # Asio's: one to wait on the worker's epoll, one to wake the worker
        "file_bytes": (1, 34_000, 26_000),  # with the checkpoints
        "syncs": (1, 1.5, 1.2),
        "sqlite_statements": (1, 9, 8),
        "sqlite_prepares": (0, 0.01, 0),
    },
    "message between two, postgres": {
        "allocations": (1, 200, 164),
        "live_bytes": (-50, 50, 0),
        "sends": (3.5, 5.5, 4.1),
        "sent_bytes": (1000, 2800, 2496),  # a single row goes as values, not as arrays
        "receives": (1, 5, 3),
        "epoll_changes": (0, 3.2, 2.5),
        "postgres_statements": (1, 6.5, 6),
        "postgres_round_trips": (1, 2.9, 2),
    },
    # (101 members - 2 members) / 99
    "one more member": {
        "allocations": (-0.1, 0.1, 0.01),
        "live_bytes": (-20, 20, -0.5),
        "sends": (0.95, 1.05, 1),
        "sent_bytes": (300, 750, 681),
        "receives": (-0.05, 0.05, 0),
        "epoll_changes": (-0.05, 0.05, 0),
        "sqlite_statements": (-0.05, 0.05, 0),
        "postgres_statements": (-0.05, 0.05, 0),
    },
    # Two writes to each of the 51 (the message before, then the burst) and one for the ping: 103 for 16 messages.
    "message of a burst of 16 to 51 members, sqlite": {
        "allocations": (1, 78, 64),
        "sends": (3.2, 6.6, 6.44),
        "sent_bytes": (30_000, 40_000, 36_975),
        "receives": (0.06, 0.13, 0.06),
        "epoll_changes": (0, 0.3, 0.19),
        "syncs": (0.0625, 0.26, 0.06),  # one, and sometimes a checkpoint's
        "sqlite_statements": (0.1, 4, 3.3),  # each message: its client id is looked up and noted
    },
    "message of a burst of 16 to 51 members, postgres": {
        "allocations": (1, 88, 73),
        "sends": (3.5, 7.2, 6.94),
        "sent_bytes": (30_000, 41_000, 37_744),
        "receives": (0.06, 0.6, 0.31),
        "epoll_changes": (0, 0.3, 0.19),
        "postgres_statements": (0.1, 0.7, 0.56),
        "postgres_round_trips": (0.1, 0.3, 0.19),
    },
    # A message, a receipt and an append to a stream in one transaction, and the commit of the one before.
    "a batch of every kind, sqlite": {
        "allocations": (1, 360, 300),
        "sends": (1, 11, 9),
        "syncs": (1, 2.4, 1.5),
        "sqlite_statements": (1, 17, 14.4),
    },
    # Each kind looks in the round trip in which the one before writes, and the last writes with the COMMIT.
    "a batch of every kind, postgres": {
        "allocations": (1, 600, 505),
        "sends": (1, 16.5, 13.4),
        "sent_bytes": (1000, 8200, 7308),
        "receives": (1, 11, 9),
        "postgres_statements": (1, 17.5, 17),
        "postgres_round_trips": (1, 5.5, 5),
    },
    "ping of a burst of 16": {
        "allocations": (0, 0.1, 0.02),
        "sends": (1 / 16, 1.1 / 16, 1 / 16),
        "sent_bytes": (60, 90, 75),
        "receives": (1 / 16, 1.1 / 16, 1 / 16),
        "epoll_changes": (0, 0.08, 0.06),
    },
    # From accept to hello: a user with one conversation. What stays is the idle session.
    "login, sqlite": {
        "allocations": (1, 125, 105),
        "live_bytes": (-1000, 1200, 880),  # caches of the process may give back more than a session takes
        "sends": (1.9, 2.1, 2),
        "receives": (1, 2.5, 2),
        "epoll_changes": (1, 7.5, 5.5),
        "sqlite_statements": (1, 7.1, 6),
    },
    "login, postgres": {
        "allocations": (1, 140, 117),
        "live_bytes": (-1000, 1000, 800),
        "sends": (2, 7, 6),
        "receives": (1, 7, 5.4),
        "epoll_changes": (1, 8, 6),
        "postgres_statements": (1, 7.1, 6),
        "postgres_round_trips": (1, 5.1, 4),
    },
    # The whole server's work in 2 s, shared out over the 101 sessions.
    "idle session between two looks at the database": {
        "allocations": (0, 3, 0.2),
        "live_bytes": (-2000, 250, -870),  # readers at rest give back their page caches
        "sends": (0, 0.4, 0.02),
        "receives": (0, 0.4, 0.02),
        "epoll_changes": (0, 0.4, 0.02),
        "epoll_waits": (0, 0.6, 0.06),
    },
    "sync of 20 messages, sqlite": {
        "allocations": (1, 330, 279),
        "sends": (1, 1.3, 1),
        "sqlite_statements": (1, 13, 12),
    },
    "sync of 20 messages, postgres": {
        "allocations": (1, 440, 379),
        "sends": (1, 13.3, 12),
        "postgres_statements": (1, 13, 12),
        "postgres_round_trips": (1, 12, 11),
    },
    "message over HTTP, sqlite": {
        "allocations": (1, 150, 126),
        "sends": (1, 1.1, 1),
        "receives": (1, 3.5, 3),
        "epoll_changes": (0, 2.2, 1),
        "syncs": (1, 1.5, 1.25),
        "sqlite_statements": (1, 9, 8),
    },
    "message over HTTP, postgres": {
        "allocations": (1, 240, 201),
        "sends": (1, 5, 3),
        "receives": (1, 9, 6),
        "epoll_changes": (0, 2.2, 1),
        "postgres_statements": (1, 7.5, 6),
        "postgres_round_trips": (1, 5.9, 4),  # and the background's looks at the database meanwhile
    },
}
