"""A failure that nobody reads is reported; one that was read, or cancelled after, is not."""
# fact: A 68, 7.1
import asyncio
import gc
from scenario import Bang, Boom, new_loop, out


def failed(loop, error):
    future = loop.create_future()
    future.set_exception(error)
    return future


loop = new_loop()
unread = failed(loop, Boom())
read = failed(loop, Bang())
read.exception()
cancelled = failed(loop, Bang())
out(cancelled.cancel())
unread = read = cancelled = None
gc.collect()
loop.close()
out("closed")
