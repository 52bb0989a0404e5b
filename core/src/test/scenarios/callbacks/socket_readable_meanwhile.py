"""What a callback schedules runs before the reader that became ready meanwhile."""
# fact: 38.2, A 11, A 12
# needs: sockets
import asyncio
import socket
from scenario import out

loop = asyncio.new_event_loop()
mine, peer = socket.socketpair()
mine.setblocking(False)


def readable():
    out("reader")
    loop.stop()


def x():
    out("x")
    peer.send(b"abc")
    loop.call_soon(lambda: out("y"))


loop.add_reader(mine, readable)
loop.call_soon(x)
loop.run_forever()
loop.remove_reader(mine)
loop.close()
mine.close()
peer.close()
