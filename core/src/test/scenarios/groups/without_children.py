"""A group without children is over when its body is."""
# fact: 4.4 group with no children
import asyncio
from scenario import out, run


async def main():
    asyncio.get_running_loop().call_soon(lambda: out("callback"))
    async with asyncio.TaskGroup():
        out("body")
    out("after")
    await asyncio.sleep(0)


run(main)
