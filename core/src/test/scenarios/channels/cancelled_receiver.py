"""A receiver that is cancelled has taken nothing."""
# fact: 1.3.1, 4.3
# needs: trio
import trio
from scenario_trio import out, run


async def main():
    send, receive = trio.open_memory_channel(1)
    with trio.move_on_after(1) as scope:
        await receive.receive()
    out(scope.cancelled_caught)
    send.send_nowait("item")
    out(await receive.receive())


run(main)
