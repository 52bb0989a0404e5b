"""call_soon_threadsafe from the loop's own thread keeps the order with call_soon."""
# fact: 3 call_soon_threadsafe
from scenario import new_loop, out

loop = new_loop()


def start():
    loop.call_soon(lambda: out(1))
    loop.call_soon_threadsafe(lambda: out(2))
    loop.call_soon(lambda: out(3))
    loop.call_soon(loop.stop)


loop.call_soon(start)
loop.run_forever()
loop.close()
