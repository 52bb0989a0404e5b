"""What is shielded succeeds after the shield was cancelled: silence."""
# fact: 10 inner fails after outer was cancelled
import asyncio
from scenario import out, run


async def main():
    inner = asyncio.create_task(asyncio.sleep(5, "value"))
    outer = asyncio.shield(inner)
    await asyncio.sleep(1)
    outer.cancel()
    await asyncio.sleep(10)
    out(inner.result(), outer.cancelled())


run(main)
