"""A callback that fails is reported, and the loop goes on."""
# fact: A 65, 3 exception in callback, M 110
from scenario import Boom, new_loop, out

loop = new_loop()


def fails():
    raise Boom


loop.call_soon(fails)
loop.call_soon(lambda: out("next"))
loop.call_soon(loop.stop)
loop.run_forever()
loop.close()
