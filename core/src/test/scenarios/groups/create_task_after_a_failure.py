"""A group that aborts takes no more tasks."""
# fact: A 23, 12 create_task
import asyncio
from scenario import Boom, kind, out, run


async def fails():
    raise Boom


async def never():
    out("never")


async def main():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(fails())
            try:
                await asyncio.sleep(10)
            except asyncio.CancelledError:
                coroutine = never()
                try:
                    group.create_task(coroutine)
                except RuntimeError as e:
                    out(e)
                coroutine.close()
                raise
    except ExceptionGroup as e:
        out(kind(e))


run(main)
