"""Once every child is done a cancel is refused, though the whole is not done yet."""
# fact: 10 cancel when all done
import asyncio
from scenario import out, run


async def main():
    loop = asyncio.get_running_loop()
    one, two = loop.create_future(), loop.create_future()
    both = asyncio.gather(one, two)
    one.set_result(1)
    two.set_result(2)
    out(both.done(), both.cancel())
    out(await both)


run(main)
