"""A shield that is taken away while a cancellation waits outside lets it in at once."""
# fact: 4.4 unshield while cancelling
# needs: trio
import trio
from scenario_trio import now, out, run


async def main():
    with trio.move_on_after(1) as outer:
        with trio.CancelScope(shield=True) as shield:
            async with trio.open_nursery() as nursery:
                async def drop():
                    await trio.sleep(3)
                    shield.shield = False

                nursery.start_soon(drop)
                try:
                    await trio.sleep(10)
                finally:
                    out("let in", now())
    out(outer.cancelled_caught, shield.cancelled_caught)


run(main)
