"""Of two nested deadlines the inner one comes first: the outer scope goes on."""
# fact: 4.1 nested deadlines
# needs: trio
import trio
from scenario_trio import now, out, run


async def main():
    with trio.move_on_after(5) as outer:
        with trio.move_on_after(1) as inner:
            await trio.sleep(10)
        out("inner left", now())
        await trio.sleep(1)
    out(outer.cancelled_caught, inner.cancelled_caught, now())


run(main)
