"""Finding requests though their words are sealed: by marks of names and streets.

A mark is a keyed digest of one folded word, or of its first four letters, so that "hol" finds
nothing and "holl" finds Holloway. The table tells nobody which words they were.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.utils.crypto import salted_hmac

from doorstep.people import numbers as phone_numbers
from doorstep.people.merging.suggesting import address_words, fold, words_of_name
from doorstep.people.models import Account, Person
from doorstep.support.models import Request, SearchMark
from doorstep.support.models.requests import RequestQuerySet

_SHORT = 4
_REF = re.compile(r"^[bcdfghjkmnpqrstvwxyz2-9]{8}$")


def _mark(kind: str, word: str) -> str:
    digest = salted_hmac("support.requests.mark", f"{kind}:{word}", secret=settings.SECRET_KEY)
    return digest.hexdigest()[:24]


def marks_of(name: str, address: str) -> set[str]:
    """Return the marks under which a request about this name and address is found."""
    found = set()
    for word in words_of_name(name):
        found.add(_mark("whole", word))
        if len(word) >= _SHORT:
            found.add(_mark("start", word[:_SHORT]))
    for word in address_words(address):
        found.add(_mark("whole", word))
        if len(word) >= _SHORT and not word.isdigit():
            found.add(_mark("start", word[:_SHORT]))
    return found


def remember(request: Request) -> None:
    """Keep the marks of a request as it now stands."""
    person = request.person
    wanted = marks_of(f"{person.known_as} {person.full_name}", request.address)
    had = set(SearchMark.objects.filter(request=request).values_list("mark", flat=True))
    if gone := had - wanted:
        SearchMark.objects.filter(request=request, mark__in=gone).delete()
    SearchMark.objects.bulk_create(
        [SearchMark(request=request, mark=mark) for mark in sorted(wanted - had)],
        ignore_conflicts=True,
    )


def forget(person_id: int) -> None:
    """Take away the marks of all that somebody asked for, when they are forgotten themselves."""
    SearchMark.objects.filter(request__person=person_id).delete()


def forget_old() -> int:
    """Take away the marks of requests whose words a night took already; return how many.

    Such a request stays for whoever did its tasks: nobody looks for its name or street any more.
    """
    old = SearchMark.objects.filter(request__words="", request__closed_at__isnull=False)
    return old.delete()[0]


def search(requests: RequestQuerySet, typed: str) -> RequestQuerySet:
    """Narrow `requests` to what was typed: a reference, a phone number, a name or a street."""
    bare = re.sub(r"[\s-]+", "", typed).lower()
    if _REF.match(bare):  # one reference in fifteen has no digit
        found = requests.filter(ref=bare)
        if found.exists():
            return found
    if sum(letter.isdigit() for letter in typed) >= 7:
        numbers = {typed.strip()}
        try:
            numbers.add(phone_numbers.parse_any(typed))
        except ValidationError:
            pass
        # Three look-ups, each by an index: the indexes of numbers leave those without one out.
        people = set(
            Person.objects.filter(phone__in=numbers)
            .exclude(phone="")
            .values_list("pk", flat=True)[:50]
        )
        people |= set(
            Account.objects.filter(phone__in=numbers).values_list("person_id", flat=True)[:50]
        )
        own = Request.objects.filter(phone__in=numbers).exclude(phone="").values("pk")
        return requests.filter(Q(pk__in=own) | Q(person__in=people))
    asked = 0
    for token in fold(typed).split()[:8]:
        # “Ave” may stand in a name as it is, and in a street as “Avenue”.
        words = {*words_of_name(token), *address_words(token)}
        words = {word for word in words if len(word) > 1 or word.isdigit()}
        if words:
            asked += 1
            requests = requests.filter(pk__in=_with(words))
    return requests if asked else requests.none()


def _with(words: Iterable[str]) -> Any:
    """Ids of requests with one of these words, or with one that begins with its four letters."""
    marks = [_mark("whole", word) for word in words]
    marks += [_mark("start", word) for word in words if len(word) == _SHORT and not word.isdigit()]
    return SearchMark.objects.filter(mark__in=marks).values("request")


def counted(words: str) -> int:
    """Return how many requests have this word; for tests."""
    rows = SearchMark.objects.filter(mark=_mark("whole", fold(words)))
    return rows.aggregate(many=Count("request", distinct=True))["many"]
