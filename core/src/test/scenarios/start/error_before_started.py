"""What fails before it is ready fails start(), and not the group."""
# fact: 4.4 error in start before started
# needs: trio
import trio
from scenario_trio import Boom, now, out, run


async def fails(task_status):
    await trio.sleep(1)
    raise Boom


async def main():
    async with trio.open_nursery() as nursery:
        try:
            await nursery.start(fails)
        except Boom as e:
            out(e, now())
        await trio.sleep(1)
        out("the group goes on", now())


run(main)
