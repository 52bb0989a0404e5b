"""CancelledError is no Exception: a handler of all exceptions does not swallow it."""
# fact: A 8, N 116
import asyncio
from scenario import out, run


async def body():
    while True:
        try:
            await asyncio.sleep(10)
        except Exception as e:
            out("swallowed", e)


async def main():
    task = asyncio.create_task(body())
    await asyncio.sleep(1)
    task.cancel()
    await asyncio.wait([task])
    out(task.cancelled())


run(main)
