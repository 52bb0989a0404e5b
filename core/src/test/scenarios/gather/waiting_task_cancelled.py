"""The task that awaits a gather is cancelled: it goes on before the slow child is clean."""
# fact: 38.26, A 15
import asyncio
from scenario import now, out, run


async def fast():
    await asyncio.sleep(100)


async def slow():
    try:
        await asyncio.sleep(100)
    finally:
        await asyncio.sleep(0.02)
        out("slow is clean", now())


async def body():
    try:
        await asyncio.gather(fast(), slow())
    except asyncio.CancelledError:
        out("waiter", now())
        raise


async def main():
    task = asyncio.create_task(body())
    await asyncio.sleep(1)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        out("cancelled", now())
    await asyncio.sleep(1)


run(main)
