"""files.py sched CASE REPETITIONS: one line of JSON a repetition."""

import asyncio
import json
import os
import random
import sys
import tempfile
import time

_, case, repetitions = sys.argv[1:]

AT_ONCE = 64
PIECE = 4096
PIECES = 16384
FILES = 1000
COUNTS = {"random64": 100_000, "into64": 100_000, "small64": 20_000}


def piece(number):
    return number.to_bytes(4, "big").ljust(PIECE, b"\0")


def check(data, number):
    assert len(data) == PIECE and int.from_bytes(data[:4], "big") == number


def whole(path):
    with open(path, "rb") as file:
        return file.read()


async def at_once(count, body):
    left = count

    async def worker():
        nonlocal left
        while left > 0:
            left -= 1
            await body()

    await asyncio.gather(*[worker() for _ in range(AT_ONCE)])


async def random64(folder):
    loop = asyncio.get_running_loop()
    fd = os.open(os.path.join(folder, "file"), os.O_RDONLY)

    async def body():
        number = random.randrange(PIECES)
        check(await loop.run_in_executor(None, os.pread, fd, PIECE, number * PIECE), number)

    await at_once(COUNTS[case], body)
    os.close(fd)


async def into64(folder):
    loop = asyncio.get_running_loop()
    fd = os.open(os.path.join(folder, "file"), os.O_RDONLY)
    idle = [bytearray(PIECE) for _ in range(AT_ONCE)]

    async def body():
        number = random.randrange(PIECES)
        data = idle.pop()
        count = await loop.run_in_executor(None, os.preadv, fd, [data], number * PIECE)
        check(data[:count], number)
        idle.append(data)

    await at_once(COUNTS[case], body)
    os.close(fd)


async def small64(folder):
    loop = asyncio.get_running_loop()

    async def body():
        number = random.randrange(FILES)
        path = os.path.join(folder, f"file{number}")
        check(await loop.run_in_executor(None, whole, path), number)

    await at_once(COUNTS[case], body)


with tempfile.TemporaryDirectory() as folder:
    if case != "small64":
        with open(os.path.join(folder, "file"), "wb") as file:
            for number in range(PIECES):
                file.write(piece(number))
    else:
        for number in range(FILES):
            with open(os.path.join(folder, f"file{number}"), "wb") as file:
                file.write(piece(number))
    for repetition in range(int(repetitions)):
        start = time.perf_counter()
        asyncio.run({"random64": random64, "into64": into64, "small64": small64}[case](folder))
        seconds = time.perf_counter() - start
        print(json.dumps({"case": case, "rep": repetition, "s": seconds,
                          "count": COUNTS[case]}), flush=True)
