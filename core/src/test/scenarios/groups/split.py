"""A group of exceptions is split by type, and keeps its shape."""
# fact: 12 result
from scenario import Bang, Boom, kind, out

group = ExceptionGroup("all", [Boom(), ExceptionGroup("inner", [Bang(), Boom()]), ValueError()])
matched, rest = group.split(Boom)
out(kind(matched))
out(kind(rest))
out(kind(group.subgroup(Bang)))
out(group.subgroup(KeyError))
out(group.subgroup(lambda e: True) is group)
out(kind(BaseExceptionGroup("mixed", [Boom(), KeyboardInterrupt()])))
try:
    ExceptionGroup("none", [])
except ValueError as e:
    out(e)
