"""A thread that cancels a call which runs waits until it is over."""
# fact: A 62, 3 its handle
# by hand: since 3.14, and the CPython that is as new as that has no threads
import asyncio
import threading
from scenario import out

loop = asyncio.new_event_loop()
thread = threading.Thread(target=loop.run_forever)
thread.start()
begun, go = threading.Event(), threading.Event()


def call():
    begun.set()
    go.wait()
    out("call ends")


handle = loop.call_soon_threadsafe(call)
begun.wait()
threading.Timer(0.05, go.set).start()
handle.cancel()
out("cancelled", handle.cancelled())
loop.call_soon_threadsafe(loop.stop)
thread.join()
loop.close()
