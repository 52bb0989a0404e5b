"""What fits the socket is sent by write() itself, not by a later turn."""
# fact: 38.19
# needs: sockets
import asyncio
import socket
from scenario import out


async def main():
    mine, peer = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=mine)
    writer.write(b"hello")
    peer.setblocking(False)
    out(len(peer.recv(100)))
    peer.close()
    writer.close()


asyncio.run(main())
