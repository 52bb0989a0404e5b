"""A token puts back what was there before."""
# fact: 33
import contextvars
from scenario import out

var = contextvars.ContextVar("var")
context = contextvars.copy_context()


def body():
    try:
        var.get()
    except LookupError as e:
        out("unset")
    out(var.get("fallback"))
    token = var.set(1)
    inner = var.set(2)
    var.reset(inner)
    out(var.get())
    var.reset(token)
    out(var.get("unset again"))
    try:
        var.reset(token)
    except RuntimeError:
        out("used twice")


context.run(body)
out(var in context)
