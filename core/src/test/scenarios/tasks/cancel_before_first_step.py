"""A task that is cancelled before its first step runs nothing, not even its finally."""
# fact: 38.6, A 1, 9.1.7
import asyncio
from scenario import out, run


async def body():
    try:
        out("never")
    finally:
        out("never either")


async def main():
    task = asyncio.create_task(body())
    out(task.cancel())
    out(task.cancelled())
    await asyncio.sleep(0)
    out(task.cancelled())


run(main)
