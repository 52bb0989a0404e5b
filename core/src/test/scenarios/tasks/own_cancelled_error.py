"""A body that raises a CancelledError of its own making ends cancelled, uncounted."""
# fact: 9.1.10
import asyncio
from scenario import out, run


async def body():
    raise asyncio.CancelledError


async def main():
    task = asyncio.create_task(body())
    try:
        await task
    except asyncio.CancelledError:
        out("cancelled")
    out(task.cancelled(), task.cancelling())


run(main)
