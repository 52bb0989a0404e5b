"""Inside a cancelled scope every wait throws, until it is left."""
# fact: 4.2.2 level
# needs: trio
import trio
from scenario_trio import now, out, run


async def main():
    with trio.move_on_after(1) as scope:
        for n in range(3):
            try:
                await trio.sleep(10)
            except trio.Cancelled:
                out("cancelled", n, now())
        out("body ends")
    out(scope.cancel_called, scope.cancelled_caught)
    await trio.sleep(1)
    out("after", now())


run(main)
