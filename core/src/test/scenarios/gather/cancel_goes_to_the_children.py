"""Cancelling the whole cancels every child; it is over when the first of them has ended."""
# fact: A 15, 10 cancel outer
import asyncio
from scenario import now, out, run


async def child(name, cleanup):
    try:
        await asyncio.sleep(100)
    finally:
        out(name, "cleaning", now())
        await asyncio.sleep(cleanup)
        out(name, "clean", now())


async def main():
    both = asyncio.gather(child("quick", 1), child("slow", 5))
    await asyncio.sleep(1)
    out(both.cancel(), both.done())
    try:
        await both
    except asyncio.CancelledError:
        out("cancelled", both.cancelled(), now())
    await asyncio.sleep(10)


run(main)
