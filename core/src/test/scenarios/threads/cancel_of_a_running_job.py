"""Cancelling the wait for a job that runs does not stop the job."""
# fact: 9.1.18, 13 run_in_executor
# needs: threads
import asyncio
import threading
from scenario import out

begun, go = threading.Event(), threading.Event()


def job():
    begun.set()
    go.wait()
    out("job ends")


async def main():
    task = asyncio.create_task(asyncio.to_thread(job))
    await asyncio.to_thread(begun.wait)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        out("cancelled")
    go.set()


asyncio.run(main())
out("over")
