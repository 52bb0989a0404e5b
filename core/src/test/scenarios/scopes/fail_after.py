"""fail_after turns its own deadline into an error, and nobody else's."""
# fact: 4.2 failAfter
# needs: trio
import trio
from scenario_trio import now, out, run


async def main():
    try:
        with trio.fail_after(1):
            await trio.sleep(10)
    except trio.TooSlowError:
        out("too slow", now())
    with trio.move_on_after(1) as scope:
        try:
            with trio.fail_after(5):
                await trio.sleep(10)
        except trio.TooSlowError:
            out("never")
    out(scope.cancelled_caught, now())


run(main)
