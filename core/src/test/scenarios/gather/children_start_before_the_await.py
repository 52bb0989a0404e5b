"""gather makes tasks at the call; they run as soon as the caller waits for anything."""
# fact: 10 gather
import asyncio
from scenario import out, run


async def child(name):
    out(name)


async def main():
    future = asyncio.gather(child("a"), child("b"))
    out("called")
    await asyncio.sleep(0)
    out("slept", future.done())
    out(await future)


run(main)
