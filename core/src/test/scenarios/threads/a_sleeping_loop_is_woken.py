"""A call from another thread wakes a loop that sleeps."""
# fact: A 14, A 75, K 100
# needs: threads
import asyncio
import threading
import time
from scenario import out


async def main():
    loop = asyncio.get_running_loop()
    future = loop.create_future()

    def later():
        time.sleep(0.02)
        loop.call_soon_threadsafe(future.set_result, "from the thread")

    thread = threading.Thread(target=later)
    thread.start()
    async with asyncio.timeout(30):
        out(await future)
    thread.join()


asyncio.run(main())
