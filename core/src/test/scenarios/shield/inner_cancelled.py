"""A shielded task that is cancelled cancels the shield."""
# fact: 10 shield
import asyncio
from scenario import out, run


async def main():
    inner = asyncio.create_task(asyncio.sleep(10))
    outer = asyncio.shield(inner)
    await asyncio.sleep(0)
    inner.cancel()
    try:
        await outer
    except asyncio.CancelledError:
        out(outer.cancelled(), asyncio.current_task().cancelling())


run(main)
