"""An eager task that waits is cancelled as any other."""
# fact: 9.3 cancel right after
# since: 3.14
import asyncio
from scenario import out, run


async def child():
    out("begins")
    await asyncio.sleep(10)


async def main():
    task = asyncio.create_task(child(), eager_start=True)
    out(task.cancel("reason"))
    try:
        await task
    except asyncio.CancelledError as e:
        out("cancelled", e.args[0])


run(main)
