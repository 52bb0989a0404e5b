"""A scope with a deadline ends its body there, quietly."""
# fact: 4.2, 2 moveOnAfter
# needs: trio
import trio
from scenario_trio import now, out, run


async def main():
    with trio.move_on_after(1) as scope:
        await trio.sleep(10)
        out("never")
    out(scope.cancelled_caught, now())
    with trio.move_on_after(10) as scope:
        await trio.sleep(1)
    out(scope.cancelled_caught, now())


run(main)
