"""A gather that is cancelled cancels the shields, not what is behind them."""
# fact: 10 gather cancel outer, shield
import asyncio
from scenario import out, run


async def main():
    loop = asyncio.get_running_loop()
    one, two = loop.create_future(), loop.create_future()
    both = asyncio.gather(asyncio.shield(one), asyncio.shield(two))
    await asyncio.sleep(0)
    both.cancel()
    try:
        await both
    except asyncio.CancelledError:
        out("cancelled", one.done(), two.done())
    one.set_result(1)
    two.set_result(2)
    await asyncio.sleep(0)


run(main)
