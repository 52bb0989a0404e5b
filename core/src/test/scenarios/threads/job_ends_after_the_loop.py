"""A job that ends when its loop is closed harms nobody."""
# fact: A 76
# needs: threads
import asyncio
import concurrent.futures
import threading
from scenario import out

go = threading.Event()
pool = concurrent.futures.ThreadPoolExecutor()
loop = asyncio.new_event_loop()
future = loop.run_in_executor(pool, go.wait)
loop.run_until_complete(asyncio.sleep(0))
loop.close()
go.set()
pool.shutdown()
out("over", future.done())
