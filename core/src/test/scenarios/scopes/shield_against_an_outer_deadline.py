"""A shield keeps an outer deadline off; it counts when the shield is left."""
# fact: 4.4 inner shield + outer deadline
# needs: trio
import trio
from scenario_trio import now, out, run


async def main():
    with trio.move_on_after(1) as outer:
        with trio.CancelScope(shield=True):
            await trio.sleep(3)
            out("shielded", now())
        out("shield left", now())
        await trio.sleep(10)
        out("never")
    out(outer.cancelled_caught, now())


run(main)
