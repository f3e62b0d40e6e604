"""Pages of people."""

from doorstep.people.views.locks import locked_out, too_many

__all__ = ["locked_out", "too_many"]
