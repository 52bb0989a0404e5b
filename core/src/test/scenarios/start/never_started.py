"""A task that ends without saying that it is ready is an error."""
# fact: 4.2 start
# needs: trio
import trio
from scenario_trio import out, run


async def ends(task_status):
    await trio.sleep(1)


async def main():
    async with trio.open_nursery() as nursery:
        try:
            await nursery.start(ends)
        except RuntimeError as e:
            out(e)


run(main)
