"""A task's result is what its coroutine returns, and nobody else's to set."""
# fact: 8 set_result
import asyncio
from scenario import out, run


async def main():
    task = asyncio.create_task(asyncio.sleep(0, "own"))
    for attempt in (lambda: task.set_result(1), lambda: task.set_exception(ValueError())):
        try:
            attempt()
        except RuntimeError as e:
            out(e)
    out(await task)


run(main)
