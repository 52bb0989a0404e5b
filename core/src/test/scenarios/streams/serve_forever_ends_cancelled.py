"""Closing a server cancels the task that serves."""
# fact: 38.28
# needs: sockets
import asyncio
from scenario import out


async def main():
    async def handler(reader, writer):
        pass

    server = await asyncio.start_server(handler, "127.0.0.1", 0)
    serving = asyncio.create_task(server.serve_forever())
    await asyncio.sleep(0)
    server.close()
    try:
        await serving
    except asyncio.CancelledError:
        out("cancelled", serving.cancelled())


asyncio.run(main())
