"""start() waits until the task says that it is ready, and has its value."""
# fact: 4.2 start
# needs: trio
import trio
from scenario_trio import now, out, run


async def serve(task_status):
    await trio.sleep(1)
    task_status.started("address")
    await trio.sleep(1)
    out("served", now())


async def main():
    async with trio.open_nursery() as nursery:
        out(await nursery.start(serve), now())
    out("left", now())


run(main)
