"""A shield may have a deadline of its own."""
# fact: 4.4 shield with its own deadline
# needs: trio
import trio
from scenario_trio import now, out, run


async def main():
    with trio.move_on_after(1) as outer:
        try:
            await trio.sleep(10)
        finally:
            with trio.move_on_after(2) as shield:
                shield.shield = True
                await trio.sleep(10)
                out("never")
            out("cleaned up", shield.cancelled_caught, now())
    out(outer.cancelled_caught, now())


run(main)
