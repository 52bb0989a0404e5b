"""A limit around a shield cancels the shield alone."""
# fact: 10 with shield
import asyncio
from scenario import now, out, run


async def main():
    inner = asyncio.create_task(asyncio.sleep(5, "value"))
    for limit in (0, 1):
        try:
            await asyncio.wait_for(asyncio.shield(inner), limit)
        except TimeoutError:
            out("timeout", inner.done(), now())
    out(await inner)


run(main)
