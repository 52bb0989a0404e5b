"""A negative delay is a delay of zero."""
# fact: 10 sleep
import asyncio
from scenario import now, out, run


async def main():
    asyncio.get_running_loop().call_soon(lambda: out("callback"))
    out(await asyncio.sleep(-5, "result"), now())


run(main)
