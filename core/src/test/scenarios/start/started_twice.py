"""A task is ready once."""
# fact: 4.4 started twice
# needs: trio
import trio
from scenario_trio import out, run


async def twice(task_status):
    task_status.started(1)
    try:
        task_status.started(2)
    except RuntimeError as e:
        out(e)


async def main():
    async with trio.open_nursery() as nursery:
        out(await nursery.start(twice))


run(main)
