"""Cancelling the consumer cancels what the body waits for."""
# fact: 31
import asyncio
from scenario import now, out, run


async def numbers():
    try:
        yield 1
        await asyncio.sleep(100)
    except asyncio.CancelledError:
        out("body cancelled", now())
        raise


async def consumer():
    async for number in numbers():
        out(number)


async def main():
    task = asyncio.create_task(consumer())
    await asyncio.sleep(1)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        out("consumer cancelled", now())


run(main)
