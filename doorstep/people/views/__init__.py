"""Pages of people."""

from doorstep.people.views.locks import locked_out

__all__ = ["locked_out"]
