"""A deadline can be moved later, earlier, and into the past."""
# fact: 4.4 deadline moved earlier later past
# needs: trio
import trio
from scenario_trio import now, out, run


async def main():
    with trio.move_on_after(1) as later:
        later.deadline += 5
        await trio.sleep(3)
        out("later", now())
    with trio.move_on_after(50) as earlier:
        earlier.deadline -= 49
        await trio.sleep(10)
    out("earlier", earlier.cancelled_caught, now())
    with trio.move_on_after(50) as past:
        past.deadline -= 100
        await trio.sleep(10)
    out("past", past.cancelled_caught, now())


run(main)
