"""A line over the limit: the one before it is read, then the error, and the data is gone."""
# fact: 38.18
import asyncio
from scenario import out, run


async def main():
    reader = asyncio.StreamReader(limit=3)
    reader.feed_data(b"ab\ncdef\n")
    out(len(await reader.readline()))
    try:
        await reader.readline()
    except ValueError as e:
        out(e)
    reader.feed_eof()
    out(len(await reader.read()))


run(main)
