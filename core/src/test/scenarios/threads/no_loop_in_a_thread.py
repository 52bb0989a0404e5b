"""A thread that has no loop is told so."""
# fact: A 94, 32 get_event_loop
# needs: threads
import asyncio
import threading
from scenario import out


def body():
    for attempt in (asyncio.get_event_loop, asyncio.get_running_loop):
        try:
            attempt()
        except RuntimeError as e:
            out(e)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    out(asyncio.get_event_loop() is loop)
    asyncio.set_event_loop(None)
    loop.close()


thread = threading.Thread(target=body)
thread.start()
thread.join()
