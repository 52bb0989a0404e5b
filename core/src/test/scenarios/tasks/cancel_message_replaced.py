"""Of two undelivered cancels the later message is the one that arrives."""
# fact: 9.1.14
import asyncio
from scenario import out, run


async def body():
    out("never")


async def main():
    task = asyncio.create_task(body())
    task.cancel("first")
    task.cancel("second")
    try:
        await task
    except asyncio.CancelledError as e:
        out(e.args[0], task.cancelling())


run(main)
