"""What the body raises aborts the group, and is wrapped though it is alone."""
# fact: A 22, 12 body exception
import asyncio
from scenario import Boom, kind, out, run


async def child():
    try:
        await asyncio.sleep(100)
    finally:
        out("child cancelled")


async def main():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(child())
            await asyncio.sleep(0)
            raise Boom
    except ExceptionGroup as e:
        out(kind(e))


run(main)
