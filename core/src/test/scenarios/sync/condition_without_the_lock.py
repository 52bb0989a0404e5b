"""Waiting and notifying need the lock."""
# fact: 14 wait, 14 notify
import asyncio
from scenario import out, run


async def main():
    condition = asyncio.Condition()
    for attempt in (condition.notify, condition.notify_all):
        try:
            attempt()
        except RuntimeError as e:
            out(e)
    try:
        await condition.wait()
    except RuntimeError as e:
        out(e)


run(main)
