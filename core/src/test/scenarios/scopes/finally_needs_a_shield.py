"""Cleanup that waits inside a cancelled scope is cut off, unless it is shielded."""
# fact: 4.1 known pains, 2 shielded
# needs: trio
import trio
from scenario_trio import now, out, run


async def main():
    with trio.move_on_after(1):
        try:
            await trio.sleep(10)
        finally:
            try:
                await trio.sleep(1)
                out("never")
            finally:
                with trio.CancelScope(shield=True):
                    await trio.sleep(1)
                    out("clean", now())
    out("left", now())


run(main)
