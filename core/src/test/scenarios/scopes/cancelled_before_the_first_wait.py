"""A scope that is cancelled already throws at the first wait."""
# fact: 4.4 precancelled scope
# needs: trio
import trio
from scenario_trio import out, run


async def main():
    with trio.CancelScope() as scope:
        scope.cancel()
        out("still here")
        await trio.sleep(0)
        out("never")
    out(scope.cancel_called, scope.cancelled_caught)


run(main)
