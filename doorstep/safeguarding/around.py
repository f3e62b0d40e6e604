"""What is around a person, for a safeguarding lead who has said why they need it.

Higher floors hang panels up here: `around.add("feed", Panel(label, render))`, where
`render(request, person)` returns HTML, or "" for nothing.
"""

from doorstep.base.registry import Panel, Registry

around: Registry[Panel] = Registry("what is around a person")
