"""A group that is cancelled ends quietly: its tasks and its body are cancelled."""
# fact: B 4, 4.4 tg.cancel
# needs: trio
import trio
from scenario_trio import now, out, run


async def child(name):
    try:
        await trio.sleep(100)
    finally:
        out(name, "cancelled", now())


async def main():
    async with trio.open_nursery() as nursery:
        nursery.start_soon(child, "child")
        await trio.sleep(1)
        nursery.cancel_scope.cancel()
        await trio.sleep(10)
        out("never")
    out("left", now())


run(main)
