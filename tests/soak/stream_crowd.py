#!/usr/bin/env python3
"""1,000 viewers come, go, cut and resume while one stream of 20 appends a second grows for two minutes; on SQLite and on
PostgreSQL. Prints a line each and fails where the viewers differ.  stream_crowd.py [SECONDS] [VIEWERS]"""

import asyncio
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from crowd import check, gather, show  # noqa: E402
from device import Device  # noqa: E402
from harness import Postgres, Server  # noqa: E402


def run(url, seconds, viewers):
    server = Server(url)
    server.start()
    try:
        crowd = gather(server, "writer", viewers)

        async def whole():
            writer = await Device(server, "writer").connect()
            seen = await show(crowd, writer, seconds)
            crowd.leave()
            await writer.close()
            return seen

        return check(crowd, *asyncio.run(whole()))
    finally:
        server.close()


def main():
    seconds, viewers = [int(a) for a in sys.argv[1:]] + [120, 1000][len(sys.argv) - 1:]
    cluster = Postgres()
    try:
        for name, url in (("SQLite", ""), ("PostgreSQL", cluster.database("crowd"))):
            seen = run(url, seconds, viewers)
            print(name, json.dumps(seen), flush=True)
            if seen["bytes_per_text_byte_max"] > 1.5:
                sys.exit("a steady viewer got more than 1.5 times the text")
    finally:
        cluster.close()


main()
