"""A receiver has what was sent, and then the end, once every sender is closed."""
# fact: 2 memory channels
# needs: trio
import trio
from scenario_trio import out, run


async def main():
    send, receive = trio.open_memory_channel(2)
    await send.send(1)
    await send.send(2)
    second = send.clone()
    send.close()
    try:
        second.send_nowait(3)
    except trio.WouldBlock as e:
        out("full")
    second.close()
    async for item in receive:
        out(item)
    try:
        await receive.receive()
    except trio.EndOfChannel as e:
        out("end of channel")


run(main)
