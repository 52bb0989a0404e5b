"""The errors of the children come first, the body's last."""
# fact: 12 body exception, 12 further failures
import asyncio
from scenario import Bang, Boom, kind, out, run


async def fails_when_cancelled():
    try:
        await asyncio.sleep(100)
    finally:
        raise Bang


async def main():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(fails_when_cancelled())
            await asyncio.sleep(0)
            raise Boom
    except ExceptionGroup as e:
        out(kind(e))


run(main)
