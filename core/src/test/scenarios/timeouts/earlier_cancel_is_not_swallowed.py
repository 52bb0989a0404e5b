"""A cancel requested before a timeout of zero was entered: asyncio's timeout swallows it."""
# fact: B 5, 11 known defect
# better: the timeout turns only its own cancellation into TimeoutError
import asyncio
from scenario import out, run


async def body():
    asyncio.current_task().cancel()
    async with asyncio.timeout(0):
        await asyncio.sleep(10)


async def main():
    task = asyncio.create_task(body())
    try:
        await task
    except asyncio.CancelledError:
        out("cancelled")
    except TimeoutError:
        out("timeout", task.cancelling())


run(main)
