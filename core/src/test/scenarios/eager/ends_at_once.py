"""An eager task that never waits is done when create_task returns."""
# fact: 9.3
# since: 3.14
import asyncio
from scenario import Boom, out, run


async def value():
    return asyncio.current_task().get_name()


async def fails():
    raise Boom


async def main():
    task = asyncio.create_task(value(), name="eager", eager_start=True)
    out(task.done(), task.result(), asyncio.current_task() is task)
    failed = asyncio.create_task(fails(), eager_start=True)
    out(failed.done(), failed.exception(), failed.get_coro() is None)
    out(len(asyncio.all_tasks()), task.cancel())


run(main)
