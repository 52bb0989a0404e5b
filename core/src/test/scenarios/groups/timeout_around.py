"""A timeout around a group cancels it all, and is a timeout."""
# fact: 11 timeout_taskgroup, 12 outside cancel
import asyncio
from scenario import now, out, run


async def child():
    try:
        await asyncio.sleep(100)
    finally:
        await asyncio.sleep(1)
        out("child ended", now())


async def main():
    try:
        async with asyncio.timeout(1):
            async with asyncio.TaskGroup() as group:
                group.create_task(child())
    except TimeoutError as e:
        out(e, now(), asyncio.current_task().cancelling())


run(main)
