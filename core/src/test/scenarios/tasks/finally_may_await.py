"""After its CancelledError a task may await as often as it likes."""
# fact: 9.1.9, 4.2.2
import asyncio
from scenario import now, out, run


async def body():
    try:
        await asyncio.sleep(10)
    finally:
        await asyncio.sleep(1)
        out("one", now())
        await asyncio.sleep(1)
        out("two", now())


async def main():
    task = asyncio.create_task(body())
    await asyncio.sleep(5)
    task.cancel()
    await asyncio.wait([task])
    out(task.cancelled(), now())


run(main)
