"""Sending to nobody is an error, and so is using an end that was closed."""
# fact: 2 memory channels
# needs: trio
import trio
from scenario_trio import out, run


async def main():
    send, receive = trio.open_memory_channel(1)
    receive.close()
    try:
        await send.send(1)
    except trio.BrokenResourceError as e:
        out("broken")
    send.close()
    for attempt in (lambda: send.send_nowait(1), receive.receive_nowait):
        try:
            attempt()
        except trio.ClosedResourceError as e:
            out("closed")


run(main)
