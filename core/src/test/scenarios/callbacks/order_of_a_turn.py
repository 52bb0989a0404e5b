"""Timers come after what was queued."""
# fact: 38.1, A 12, 4 order in one iter
from scenario import new_loop, out

loop = new_loop()


def start():
    loop.call_soon(lambda: out("a"))
    loop.call_later(0, lambda: out("b"))
    loop.call_soon(lambda: out("c"))


loop.call_soon(start)
loop.call_later(1, loop.stop)
loop.run_forever()
loop.close()
