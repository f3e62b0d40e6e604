"""What `support` keeps, split by noun."""

from doorstep.support.models.requests import Kind, Repeat, Request, RequestStep, Task

__all__ = ["Kind", "Repeat", "Request", "RequestStep", "Task"]
