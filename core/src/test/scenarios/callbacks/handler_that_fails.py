"""An exception handler that fails never ends the loop."""
# fact: A 66, 6 handler raises, M 110
import logging
from scenario import Bang, Boom, new_loop, out

logging.disable(logging.CRITICAL)
loop = new_loop()


def handler(loop, context):
    out("handler", context["exception"])
    raise Bang


def fails():
    raise Boom


loop.set_exception_handler(handler)
loop.call_soon(fails)
loop.call_soon(lambda: out("next"))
loop.call_soon(loop.stop)
loop.run_forever()
loop.close()
