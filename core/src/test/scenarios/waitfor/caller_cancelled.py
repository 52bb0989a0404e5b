"""Cancelling the caller cancels what it waits for."""
# fact: 10 caller cancelled
import asyncio
from scenario import now, out, run


async def inner():
    try:
        await asyncio.sleep(100)
    finally:
        out("inner", now())


async def main():
    task = asyncio.create_task(inner())
    outer = asyncio.create_task(asyncio.wait_for(task, 50))
    await asyncio.sleep(1)
    outer.cancel()
    try:
        await outer
    except asyncio.CancelledError:
        out("outer", task.cancelled())


run(main)
