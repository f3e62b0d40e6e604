"""Finding requests though their words are sealed: by marks of names and streets.

A mark is a keyed digest of one folded word, or of its first four letters, so that "hol" finds
nothing and "holl" finds Holloway. The table tells nobody which words they were.
"""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.utils.crypto import salted_hmac

from doorstep.people.merging.suggesting import address_words, fold, words_of_name
from doorstep.people.models import Person
from doorstep.people.records.forms import any_number
from doorstep.support.models import Request, SearchMark
from doorstep.support.models.requests import RequestQuerySet

_SHORT = 4
_REF = re.compile(r"^[a-z0-9]{8}$")


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


def search(requests: RequestQuerySet, typed: str) -> RequestQuerySet:
    """Narrow `requests` to what was typed: a reference, a phone number, a name or a street."""
    bare = re.sub(r"[\s-]+", "", typed).lower()
    if _REF.match(bare) and any(letter.isdigit() for letter in bare):
        found = requests.filter(ref=bare)
        if found.exists():
            return found
    if sum(letter.isdigit() for letter in typed) >= 7:
        numbers = {typed.strip()}
        try:
            numbers.add(any_number(typed))
        except ValidationError:
            pass
        people = Person.objects.filter(
            Q(phone__in=numbers) | Q(account__phone__in=numbers)
        ).values_list("pk", flat=True)
        return requests.filter(Q(phone__in=numbers) | Q(person__in=list(people)[:50]))
    words = [*dict.fromkeys((*words_of_name(typed), *address_words(typed)))]
    words = [word for word in words if len(word) > 1 or word.isdigit()][:8]
    if not words:
        return requests.none()
    for word in words:
        requests = requests.filter(pk__in=_with(word))
    return requests


def _with(word: str) -> Any:
    """Ids of requests with this word, or with one that begins with its four letters."""
    rows = SearchMark.objects.filter(mark=_mark("whole", word))
    if len(word) == _SHORT and not word.isdigit():
        rows = SearchMark.objects.filter(mark__in=[_mark("whole", word), _mark("start", word)])
    return rows.values("request")


def counted(words: str) -> int:
    """Return how many requests have this word; for tests."""
    rows = SearchMark.objects.filter(mark=_mark("whole", fold(words)))
    return rows.aggregate(many=Count("request", distinct=True))["many"]
