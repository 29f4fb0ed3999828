"""A thousand viewers of one stream who come, go, lose their connections and resume: all end with the same text. The
two-minute version of it is `make soak`."""

import asyncio

from crowd import check, gather, show
from device import Device


def test_a_crowd_that_comes_and_goes_ends_with_one_text(server):
    crowd = gather(server, "writer", 1000)

    async def whole():
        writer = await Device(server, "writer").connect()
        text, steady = await show(crowd, writer, seconds=8)
        crowd.leave()
        await writer.close()
        return text, steady

    text, steady = asyncio.run(whole())
    seen = check(crowd, text, steady)
    print(seen)
    assert seen["connections"] > 1200 and seen["watches"] >= 250
    assert seen["bytes_per_text_byte_max"] <= 1.5, seen
