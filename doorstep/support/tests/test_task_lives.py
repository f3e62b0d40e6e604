"""A task from offer to done; and who sees an address, when, and that it is written down."""

from doorstep.support.models import Assignment


def test_what_ended_is_no_longer_theirs():
    assert [state for state in Assignment.State if state in Assignment.LIVE] == [
        "accepted",
        "on_the_way",
    ]
