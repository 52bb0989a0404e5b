"""A callback scheduled by a callback waits for the next turn."""
# fact: A 11, 3 batch rule
from scenario import new_loop, out

loop = new_loop()


def first():
    out("first")
    loop.call_soon(third)


def second():
    out("second")
    loop.call_soon(lambda: out("fourth"))


def third():
    out("third")
    loop.call_soon(lambda: out("fifth"))


loop.call_soon(first)
loop.call_soon(second)
loop.call_later(1, loop.stop)
loop.run_forever()
loop.close()
