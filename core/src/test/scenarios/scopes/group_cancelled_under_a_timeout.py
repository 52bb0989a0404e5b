"""A group is cancelled, and then the deadline around it passes while it cleans up."""
# fact: 4.4 tg.cancel() then outside timeout
# needs: trio
import trio
from scenario_trio import now, out, run


async def child():
    try:
        await trio.sleep(100)
    finally:
        with trio.CancelScope(shield=True):
            await trio.sleep(5)
            out("clean", now())


async def main():
    with trio.move_on_after(2) as scope:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(child)
            await trio.sleep(1)
            nursery.cancel_scope.cancel()
        out("group left", now())
        await trio.sleep(1)
        out("never")
    out(scope.cancelled_caught, now())


run(main)
