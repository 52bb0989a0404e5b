"""A context that is entered cannot be entered again."""
# fact: 33 entering
import contextvars
from scenario import out

context = contextvars.copy_context()
try:
    context.run(lambda: context.run(lambda: out("never")))
except RuntimeError as e:
    out(e)
out(context.run(lambda: "once"))
