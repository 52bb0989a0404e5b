"""A generator gives its values one by one, and then no more."""
# fact: 31
import asyncio
from scenario import out, run


async def numbers():
    out("begins")
    yield 1
    await asyncio.sleep(1)
    yield 2
    out("ends")


async def main():
    generator = numbers()
    out("made")
    async for number in generator:
        out("got", number)
    async for number in generator:
        out("never")


run(main)
