"""A cancelled child fails the whole with CancelledError, which is not cancelled()."""
# fact: A 15, 10 child cancelled
import asyncio
from scenario import out, run


async def main():
    loop = asyncio.get_running_loop()
    one, two = loop.create_future(), loop.create_future()
    both = asyncio.gather(one, two)
    one.cancel()
    try:
        await both
    except asyncio.CancelledError:
        out("raised", both.cancelled(), both.done(), two.done())
    two.set_result(None)


run(main)
