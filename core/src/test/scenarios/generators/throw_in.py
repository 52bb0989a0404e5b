"""An exception thrown in can be caught at the yield."""
# fact: 31
import asyncio
from scenario import Boom, out, run


async def numbers():
    try:
        yield 1
    except Boom:
        out("caught")
        yield "after"


async def main():
    generator = numbers()
    out(await generator.__anext__())
    out(await generator.athrow(Boom()))
    try:
        await generator.__anext__()
    except StopAsyncIteration:
        out("over")


run(main)
