"""A generator stands still between two requests."""
# fact: 31
import asyncio
from scenario import out, run


async def numbers():
    for n in range(3):
        out("making", n)
        yield n


async def main():
    async for number in numbers():
        out("got", number)
        await asyncio.sleep(1)


run(main)
