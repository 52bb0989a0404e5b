"""Cancelling a scope that was left does nothing."""
# fact: 4.4
# needs: trio
import trio
from scenario_trio import now, out, run


async def main():
    with trio.CancelScope() as scope:
        await trio.sleep(1)
    scope.cancel()
    await trio.sleep(1)
    out(scope.cancelled_caught, now())


run(main)
