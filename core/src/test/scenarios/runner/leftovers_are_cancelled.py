"""Tasks that are left when main ends are cancelled, and waited for."""
# fact: 1 leftovers at shutdown, A 77
import asyncio
from scenario import now, out, run


async def left():
    try:
        await asyncio.sleep(100)
    finally:
        await asyncio.sleep(1)
        out("left behind", now())


async def main():
    asyncio.create_task(left())
    await asyncio.sleep(0)
    return "main is over"


run(main)
