"""A coroutine submitted from another thread: its result, its failure, its cancellation."""
# fact: 13 run_coroutine_threadsafe, A 75
# needs: threads
import asyncio
import concurrent.futures
import threading
from scenario import Boom, out


async def value():
    return 42


async def fails():
    raise Boom


async def sleeps(begun):
    begun.set()
    try:
        await asyncio.sleep(1000)
    except asyncio.CancelledError:
        inside.append("cancelled inside")
        raise


inside = []
loop = asyncio.new_event_loop()
thread = threading.Thread(target=loop.run_forever)
thread.start()
out(asyncio.run_coroutine_threadsafe(value(), loop).result())
try:
    asyncio.run_coroutine_threadsafe(fails(), loop).result()
except Boom as e:
    out(e)
begun = threading.Event()
future = asyncio.run_coroutine_threadsafe(sleeps(begun), loop)
begun.wait()
out(future.cancel())
try:
    future.result()
except concurrent.futures.CancelledError:
    out("cancelled")
asyncio.run_coroutine_threadsafe(asyncio.sleep(0.01), loop).result()
out(inside)
loop.call_soon_threadsafe(loop.stop)
thread.join()
loop.close()
