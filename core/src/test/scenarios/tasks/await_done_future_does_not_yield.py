"""Awaiting what is done lets nobody else run."""
# fact: 38.5, A 10, 9.2
import asyncio
from scenario import out, run


async def other():
    out("other")


async def main():
    task = asyncio.create_task(other())
    done = asyncio.get_running_loop().create_future()
    done.set_result(1)
    out("before")
    out(await done)
    out("after")
    await task


run(main)
