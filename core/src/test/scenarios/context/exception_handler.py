"""The exception handler runs in the context of the callback or task that failed."""
# fact: A 67, 6 context of call
# since: 3.12
import contextvars
from scenario import Boom, new_loop, out

var = contextvars.ContextVar("var", default="none")
loop = new_loop()
loop.set_exception_handler(lambda loop, context: out("handler", var.get()))


def fails():
    raise Boom


context = contextvars.copy_context()
context.run(var.set, "the callback's")
loop.call_soon(fails, context=context)
loop.call_soon(loop.stop)
loop.run_forever()
loop.close()
