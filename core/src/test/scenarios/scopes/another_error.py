"""A body that turns the cancellation into an error of its own fails with that."""
# fact: 4.4 body replaces CancelledError by another error
# needs: trio
import trio
from scenario_trio import Boom, out, run


async def main():
    try:
        with trio.move_on_after(1) as scope:
            try:
                await trio.sleep(10)
            except trio.Cancelled:
                raise Boom
    except Boom as e:
        out(e, scope.cancelled_caught)
    await trio.sleep(1)


run(main)
