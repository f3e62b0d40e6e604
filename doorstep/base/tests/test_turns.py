"""Long work is done in turns, and everything else that is due has its own in between."""

from doorstep.base import working
from doorstep.base.registry import MORE, Registry, Tick
from doorstep.base.time import now


def test_long_work_goes_on_in_turns_and_the_others_have_theirs_in_between(db):
    calls = []
    left = iter([MORE, MORE, None])

    def read():
        calls.append("read")
        return next(left)

    shelf = Registry("ticks")
    shelf.add("a", Tick(read, 3600))
    shelf.add("b", Tick(lambda: calls.append("notices"), 0))
    rounds = working.Rounds(shelf)
    for _round in range(5):
        rounds._ticks()
    assert calls == ["read", "notices"] * 3 + ["notices"] * 2
    # Between two turns it isn't taken for late, and afterwards it rests.
    assert working.late(shelf, at=now()) == []
    assert not working.run_tick("a", Tick(read, 3600))
