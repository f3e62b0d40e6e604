"""The bench of trust measures what it says: a whole log, and people with everything sealed."""

import pytest
from django.core.management import call_command

from doorstep.base import rotating
from doorstep.base.time import now
from doorstep.people.models import Account, Reading
from doorstep.people.readings import verify
from doorstep.web.bench import trust

pytestmark = pytest.mark.django_db


def test_the_made_up_log_is_whole_and_lies_in_three_years():
    trust.fill_log(180, at=now())
    result = verify.Result()
    assert [str(one) for one in verify.verify(result=result)] == []
    assert (result.rows, result.months, result.checkpoints) == (180, 36, 1)
    assert Reading.objects.exclude(words="").first().words.startswith("They rang")


def test_the_made_up_people_have_some_seven_sealed_values_each():
    before = sum(rotating.used().values())
    trust.fill_people(12)
    assert Account.objects.get(phone="+447700000007").person.known_as == "Neighbour 7"
    assert (sum(rotating.used().values()) - before) / 12 == pytest.approx(7.25)


def test_too_few_rows_are_refused_in_a_sentence(tmp_path):
    from django.core.management import CommandError

    with pytest.raises(CommandError, match="--rows takes 10 to"):
        call_command("bench", "log", "--rows", "3", "--keep-in", str(tmp_path))
