"""What the body raises comes out of the request, and the generator is over."""
# fact: 31
import asyncio
from scenario import Boom, out, run


async def numbers():
    yield 1
    raise Boom


async def main():
    generator = numbers()
    try:
        async for number in generator:
            out(number)
    except Boom as e:
        out(e)
    async for number in generator:
        out("never")
    out("end")


run(main)
