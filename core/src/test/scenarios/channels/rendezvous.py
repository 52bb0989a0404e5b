"""A channel without room hands over from hand to hand."""
# fact: 2 memory channels
# needs: trio
import trio
from scenario_trio import now, out, run


async def main():
    send, receive = trio.open_memory_channel(0)
    try:
        send.send_nowait(0)
    except trio.WouldBlock as e:
        out("nobody waits")

    async def consumer():
        await trio.sleep(5)
        item = await receive.receive()
        await trio.sleep(1)
        out("got", item, now())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(consumer)
        await send.send("item")
        out("handed over", now())


run(main)
