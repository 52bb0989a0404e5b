"""server.py KIND ADDRESS LOOP STYLE

KIND: echo, sink or http; ADDRESS: a port of 127.0.0.1 or the path of a unix socket;
LOOP: asyncio or uvloop; STYLE: protocol, buffered, streams or sock (http: protocol alone).
"""

import asyncio
import os
import resource
import socket
import sys

kind, address, loop_name, style = sys.argv[1:]

BACKLOG = 1024
CHUNK = 65536  # read at once; protocols read what their loop's own buffer takes (64 to 256 KiB)
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, world!"

# TCP_NODELAY: the transports of both loops set it themselves.


class Sink(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        pass


class Echo(Sink):
    def data_received(self, data):
        self.transport.write(data)

    def pause_writing(self):
        self.transport.pause_reading()

    def resume_writing(self):
        self.transport.resume_reading()


class Http(Sink):
    """Looks for the end of each request and at nothing else in it: GETs have no body."""

    rest = b""

    def data_received(self, data):
        *requests, self.rest = (self.rest + data).split(b"\r\n\r\n")
        self.transport.write(RESPONSE * len(requests))


# One buffer for all connections: what is in it has been used when buffer_updated returns.
BUFFER = bytearray(CHUNK)
VIEW = memoryview(BUFFER)


class BufferedSink(asyncio.BufferedProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def get_buffer(self, size_hint):
        return BUFFER

    def buffer_updated(self, count):
        pass


class BufferedEcho(BufferedSink):
    def buffer_updated(self, count):
        self.transport.write(bytes(VIEW[:count]))  # a copy: the transport may keep it

    pause_writing = Echo.pause_writing
    resume_writing = Echo.resume_writing


PROTOCOLS = {
    ("protocol", "echo"): Echo,
    ("protocol", "sink"): Sink,
    ("protocol", "http"): Http,
    ("buffered", "echo"): BufferedEcho,
    ("buffered", "sink"): BufferedSink,
}


async def stream(reader, writer):
    try:
        while data := await reader.read(CHUNK):
            if kind == "echo":
                writer.write(data)
                await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def connection(loop, sock):
    with sock:
        try:
            while data := await loop.sock_recv(sock, CHUNK):
                if kind == "echo":
                    await loop.sock_sendall(sock, data)
        except ConnectionError:
            pass


async def accept(loop, listener):
    tasks = set()  # the loop itself holds its tasks weakly
    while True:
        sock, _ = await loop.sock_accept(listener)
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        task = loop.create_task(connection(loop, sock))
        tasks.add(task)
        task.add_done_callback(tasks.discard)


def listen():
    if not address.startswith("/"):
        return socket.create_server(("127.0.0.1", int(address)), backlog=BACKLOG)
    if os.path.exists(address):
        os.unlink(address)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen(BACKLOG)
    return listener


async def main():
    loop = asyncio.get_running_loop()
    listener = listen()
    listener.setblocking(False)
    options = {"sock": listener, "backlog": BACKLOG}
    unix = address.startswith("/")
    if style == "sock":
        await accept(loop, listener)
    elif style == "streams":
        start = asyncio.start_unix_server if unix else asyncio.start_server
        server = await start(stream, **options)
    else:
        create = loop.create_unix_server if unix else loop.create_server
        server = await create(PROTOCOLS[style, kind], **options)
    await server.serve_forever()


factory = None
if loop_name == "uvloop":
    import uvloop

    factory = uvloop.new_event_loop
# The soft limit of open files is 1024 in many shells; Python does not raise it by itself.
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
with asyncio.Runner(loop_factory=factory) as runner:
    runner.run(main())
