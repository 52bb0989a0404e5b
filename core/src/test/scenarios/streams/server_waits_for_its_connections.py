"""wait_closed() of a closed server waits until the last connection has ended."""
# fact: 38.20
# needs: sockets
# by hand: since 3.12, and the CPython that is as new as that has no sockets
import asyncio
from scenario import out


async def main():
    async def handler(reader, writer):
        await reader.read()
        out("connection ends")
        writer.close()

    server = await asyncio.start_server(handler, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await asyncio.sleep(0.1)
    server.close()
    waiter = asyncio.create_task(server.wait_closed())
    await asyncio.sleep(0.1)
    out("closed", waiter.done())
    writer.close()
    await waiter
    out("over")


asyncio.run(main())
