"""A negative value is an error, and so is a release too many of a bounded one."""
# fact: 14 Semaphore, 14 BoundedSemaphore
import asyncio
from scenario import out, run


async def main():
    try:
        asyncio.Semaphore(-1)
    except ValueError as e:
        out(e)
    bounded = asyncio.BoundedSemaphore(1)
    await bounded.acquire()
    bounded.release()
    try:
        bounded.release()
    except ValueError as e:
        out(e)


run(main)
