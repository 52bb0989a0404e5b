"""Python's asyncio at the other end.

peer.py serve HOST HOW                  serves at a port of its choice, which it prints
peer.py connect HOST PORT HOW PART...   plays these parts, and prints how it went
peer.py datagrams HOST                  sends each datagram back, from a port that it prints

HOW is plain, 1.2 or 1.3 (TLS with certificates for both), or upgrade (plain at first). The first
line of a connection names its part:

echo    what comes is sent back, until its end
reply   once all has come, its size is the answer
speak   the answer and its end come first, then all is read
who     the answer is what the server knows of its client by TLS
"""
import asyncio
import socket
import ssl
import sys

DATA = bytes(range(256)) * 4000
SOME = DATA[:300_000]


def context(how, purpose, name):
    made = ssl.SSLContext(purpose)
    made.load_cert_chain(name + '.pem', name + '.key')
    made.load_verify_locations('ca.pem')
    made.verify_mode = ssl.CERT_REQUIRED
    made.set_alpn_protocols(['jloop'])
    if how in ('1.2', '1.3'):
        made.minimum_version = made.maximum_version = ssl.TLSVersion['TLSv' + how.replace('.', '_')]
    return made


async def echo(reader, writer):
    while data := await reader.read(50_000):
        writer.write(data)
        await writer.drain()


async def reply(reader, writer):
    writer.write(b'%d bytes\n' % len(await reader.read()))


async def speak(reader, writer):
    writer.write(b'first\n')
    writer.write_eof()
    print('heard', len(await reader.read()), flush=True)


async def who(reader, writer):
    tls = writer.get_extra_info('ssl_object')
    subject = dict(pair for part in tls.getpeercert()['subject'] for pair in part)
    writer.write(' '.join(
        [tls.version(), str(tls.selected_alpn_protocol()), subject['commonName']]).encode() + b'\n')


PARTS = {b'echo\n': echo, b'reply\n': reply, b'speak\n': speak, b'who\n': who}


async def serve(host, how):
    async def serve_one(reader, writer):
        part = await reader.readline()
        if part == b'upgrade\n':
            writer.write(b'go\n')
            await writer.start_tls(context(how, ssl.PROTOCOL_TLS_SERVER, 'server'))
            part = await reader.readline()
        try:
            if part:
                await PARTS[part](reader, writer)
            writer.close()
            await writer.wait_closed()
        except ConnectionError:
            pass

    tls = context(how, ssl.PROTOCOL_TLS_SERVER, 'server') if how in ('1.2', '1.3') else None
    six = ':' in host
    listener = socket.create_server(
        (host, 0), family=socket.AF_INET6 if six else socket.AF_INET, dualstack_ipv6=six)
    server = await asyncio.start_server(serve_one, sock=listener, ssl=tls)
    print('at :%d' % listener.getsockname()[1], flush=True)
    await server.serve_forever()


async def ask_echo(reader, writer):
    writer.write(DATA)
    assert await reader.readexactly(len(DATA)) == DATA
    writer.close()
    await writer.wait_closed()
    return 'fine'


async def ask_reply(reader, writer):
    writer.write(SOME)
    writer.write_eof()
    return (await reader.read()).decode().strip()


async def ask_speak(reader, writer):
    first = await reader.read()
    writer.write(SOME)
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    return first.decode().strip()


async def ask_who(reader, writer):
    return (await reader.readline()).decode().strip()


ASKS = {'echo': ask_echo, 'reply': ask_reply, 'speak': ask_speak, 'who': ask_who}


async def connect(host, port, how, *parts):
    for part in parts:
        tls = {}
        if how in ('1.2', '1.3'):
            tls = dict(ssl=context(how, ssl.PROTOCOL_TLS_CLIENT, 'client'),
                       server_hostname='localhost')
        reader, writer = await asyncio.open_connection(host, int(port), **tls)
        if how == 'upgrade':
            writer.write(b'upgrade\n')
            assert await reader.readline() == b'go\n'
            await writer.start_tls(context(how, ssl.PROTOCOL_TLS_CLIENT, 'client'),
                                   server_hostname='localhost')
        writer.write(part.encode() + b'\n')
        print(part, await ASKS[part](reader, writer), flush=True)
        writer.close()


class EchoDatagrams(asyncio.DatagramProtocol):

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        self.transport.sendto(data, addr)


async def datagrams(host):
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        EchoDatagrams, local_addr=(host, 0))
    print('at :%d' % transport.get_extra_info('sockname')[1], flush=True)
    await asyncio.get_running_loop().create_future()


WHAT = {'serve': serve, 'connect': connect, 'datagrams': datagrams}
asyncio.run(WHAT[sys.argv[1]](*sys.argv[2:]))
