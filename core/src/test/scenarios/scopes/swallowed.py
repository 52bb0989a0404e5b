"""A body that catches the cancellation and ends: the scope has caught nothing."""
# fact: 4.2.8, 4.4
# needs: trio
import trio
from scenario_trio import out, run


async def main():
    with trio.move_on_after(1) as scope:
        try:
            await trio.sleep(10)
        except trio.Cancelled:
            pass
    out(scope.cancel_called, scope.cancelled_caught)


run(main)
