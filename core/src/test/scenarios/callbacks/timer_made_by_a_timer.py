"""A timer that is due at once, made by a timer, runs in the next turn."""
# fact: 4 order in one iter
from scenario import new_loop, out

loop = new_loop()


def first():
    out("first")
    loop.call_later(0, lambda: out("third"))
    loop.call_soon(lambda: out("second"))


loop.call_later(1, first)
loop.call_later(2, loop.stop)
loop.run_forever()
loop.close()
