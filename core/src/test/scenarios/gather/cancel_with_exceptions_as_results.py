"""With return_exceptions a cancelled gather waits for all children, and is cancelled then."""
# fact: 38.10, A 15
import asyncio
from scenario import now, out, run


async def child(name, cleanup):
    try:
        await asyncio.sleep(100)
    finally:
        await asyncio.sleep(cleanup)
        out(name, "clean", now())


async def main():
    one = asyncio.create_task(child("quick", 1))
    two = asyncio.create_task(child("slow", 5))
    both = asyncio.gather(one, two, return_exceptions=True)
    await asyncio.sleep(1)
    both.cancel()
    try:
        await both
    except asyncio.CancelledError:
        out("cancelled", now())


run(main)
