"""A future raises the very exception it was given, each time."""
# fact: 8 result
import asyncio
from scenario import Boom, out, run


async def main():
    boom = Boom()
    future = asyncio.get_running_loop().create_future()
    future.set_exception(boom)
    for _ in range(2):
        try:
            await future
        except Boom as e:
            out(e is boom)
    out(future.exception() is boom)


run(main)
