"""Of two nested deadlines the outer one comes first, and the outer scope catches."""
# fact: 4.1 nested deadlines
# needs: trio
import trio
from scenario_trio import now, out, run


async def main():
    with trio.move_on_after(1) as outer:
        with trio.move_on_after(5) as inner:
            await trio.sleep(10)
        out("never")
    out(outer.cancelled_caught, inner.cancelled_caught, inner.cancel_called, now())


run(main)
