"""Older forms of memories into current events, and back where nothing is lost. Pure.

`v0`, `v1` and `row` each say what one old form holds, and what becomes of it; `forward` and `backward` do what is the
same for all. What is converted always comes out the same: nothing is taken from a clock or from chance.
"""

from consumer.memory.legacy import row, v0, v1
from consumer.memory.legacy.backward import to_old
from consumer.memory.legacy.form import Form, Known, Remark
from consumer.memory.legacy.forward import Converted, convert, to_current

FORMS = {form.name: form for form in (v0.FORM, v1.FORM, row.FORM)}
"""The old forms by their names."""

__all__ = ["FORMS", "Converted", "Form", "Known", "Remark", "convert", "to_current", "to_old"]
