"""Awaiting a cancelled future raises CancelledError with its message, without yielding."""
# fact: 8 await, 8 cancel
import asyncio
from scenario import out, run


async def main():
    future = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(lambda: out("callback"))
    future.cancel("why")
    try:
        await future
    except asyncio.CancelledError as e:
        out("caught", e.args[0])
    await asyncio.sleep(0)


run(main)
