"""A task that is cancelled while its finally awaits is interrupted there as well."""
# fact: 4.4 cancel in finally, 9.1.9
import asyncio
from scenario import out, run


async def body():
    try:
        await asyncio.sleep(10)
    finally:
        out("cleaning")
        try:
            await asyncio.sleep(10)
        finally:
            out("interrupted", asyncio.current_task().cancelling())


async def main():
    task = asyncio.create_task(body())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    out("again", task.cancel())
    await asyncio.wait([task])
    out(task.cancelled())


run(main)
