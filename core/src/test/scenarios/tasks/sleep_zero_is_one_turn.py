"""sleep(0) comes back one turn later, behind everything queued meanwhile."""
# fact: 9.2, A 10, 10 sleep
import asyncio
from scenario import out, run


async def main():
    loop = asyncio.get_running_loop()
    loop.call_soon(lambda: loop.call_soon(lambda: out("third")))
    loop.call_soon(lambda: out("first"))
    await asyncio.sleep(0)
    out("second")
    await asyncio.sleep(0)
    out("fourth")


run(main)
