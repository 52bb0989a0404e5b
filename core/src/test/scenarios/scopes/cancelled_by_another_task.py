"""Another task may cancel a scope."""
# fact: 4.4 scope cancelled by child
# needs: trio
import trio
from scenario_trio import now, out, run


async def main():
    async with trio.open_nursery() as nursery:
        with trio.CancelScope() as scope:
            async def cancel():
                await trio.sleep(1)
                scope.cancel()

            nursery.start_soon(cancel)
            await trio.sleep(10)
        out(scope.cancelled_caught, now())


run(main)
