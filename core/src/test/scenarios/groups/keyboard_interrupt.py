"""KeyboardInterrupt of the body is raised bare, when the children have ended."""
# fact: A 22, 12 KeyboardInterrupt
import asyncio
from scenario import out, run


async def child():
    try:
        await asyncio.sleep(100)
    finally:
        out("child ended")


async def main():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(child())
            await asyncio.sleep(0)
            raise KeyboardInterrupt
    except KeyboardInterrupt as e:
        out("bare", e)


run(main)
