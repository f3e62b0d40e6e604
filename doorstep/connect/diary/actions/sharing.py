"""A bundle given to somebody by a link: with a yes for them alone, until a day, stopped at once."""

from __future__ import annotations

import datetime as dt
from functools import partial

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.connect import links
from doorstep.connect.actions.referring import NotNow
from doorstep.connect.diary import rules
from doorstep.connect.diary.actions.reminding import keepers
from doorstep.connect.diary.models import Bundle, Opening, Share
from doorstep.notices.actions import send_to_all
from doorstep.people.consents import actions as consents
from doorstep.people.consents.kinds import Recipient, recipient
from doorstep.people.consents.rules import may_share
from doorstep.people.models import Consent, How, Person

LONGEST = dt.timedelta(days=60)
NAMED = "organisation"


def recipient_of(share: Share) -> Recipient:
    return Recipient(share.recipient_kind, share.recipient_key, share.recipient_name)


@transaction.atomic
def share(
    bundle: Bundle,
    *,
    by: Person,
    at: dt.datetime,
    kind: str,
    name: str,
    days: int,
    words: str = "",
    email: str = "",
    client_key: str,
) -> Share:
    """Give a bundle to somebody by a link. The person's yes for them is written down first.

    `words` is what the person said, where somebody else types. Raises NotNow.
    """
    twin = Share.objects.filter(client_key=client_key).first()
    if twin is not None:
        if twin.bundle_id != bundle.pk:
            raise NotNow(_("This page is out of date. Load it again, then send it."))
        return twin
    person = bundle.diary.person
    if not rules.can_see_diary(by, bundle.diary) or person.restricted_at is not None:
        raise NotNow(_("Only whoever keeps this diary gives it to somebody."))
    if bundle.state != Bundle.State.READY:
        raise NotNow(_("This bundle isn't ready."))
    if rules.has_died(person):
        raise NotNow(_("They died. Nothing is given out by a link any more."))
    to = recipient(kind, name)
    ends = at + min(dt.timedelta(days=days), LONGEST)
    before = (
        Consent.objects.live(at)
        .filter(**consents.same_recipient(person, rules.GIVE, to))
        .order_by("-ends_at")
        .first()
    )
    is_own = by.pk == person.pk
    try:
        given = consents.give(
            person,
            purpose=rules.GIVE,
            recipient=to,
            parts=["asked"],
            by=by,
            at=at,
            how=How.WEB if is_own else How.SPOKEN,
            words="" if is_own else words,
            # A second bundle for them doesn't shorten the first.
            ends_at=max(ends, before.ends_at) if before and before.ends_at else ends,
            client_key=f"evidence-{client_key}"[:40],
        )
    except consents.CannotAgree as problem:
        raise NotNow(str(problem)) from None
    try:
        with transaction.atomic():
            made = Share.objects.create(
                bundle=bundle,
                consent=given,
                recipient_kind=to.kind,
                recipient_key=to.key,
                recipient_name=str(to)[:120],
                email=email,
                made_by=by,
                made_at=at,
                ends_at=ends,
                client_key=client_key,
            )
    except IntegrityError:
        raise NotNow(_("This page is out of date. Load it again, then send it.")) from None
    consents.rely(
        person,
        purpose=rules.GIVE,
        recipient=to,
        by=by,
        at=at,
        used_for=_("A bundle of an evidence diary"),
        thing=f"evidence:{made.pk}",
    )
    if email:
        transaction.on_commit(
            partial(
                links.mail,
                email,
                subject=gettext_lazy("something was shared with you"),
                lines=[
                    gettext_lazy(
                        "Somebody shares papers with you. The link is for you alone; please "
                        "don't pass it on. It ends by itself."
                    )
                ],
                link=links.address("evidence", made.key),
            )
        )
    return made


def may_open(share: Share, at: dt.datetime) -> bool:
    """Whether a link still opens: its day hasn't come, nobody stopped it, the yes stands."""
    bundle = share.bundle
    person = bundle.diary.person
    return (
        share.is_live(at)
        and bundle.state == Bundle.State.READY
        and not rules.has_died(person)
        and may_share(person, rules.GIVE, recipient_of(share), at) is not None
    )


@transaction.atomic
def opened(share: Share, *, name: str, what: str, at: dt.datetime) -> Opening:
    """Write down who takes it, before it is handed over; those who keep the diary hear."""
    basis = may_share(share.bundle.diary.person, rules.GIVE, recipient_of(share), at, lock=True)
    share = Share.objects.select_for_update(of=("self",)).select_related(
        "bundle__diary__person", "bundle__diary__relationship"
    ).get(pk=share.pk)  # fmt: skip
    if basis is None or not may_open(share, at):
        raise NotNow(_("This link is over."))
    made = Opening.objects.create(share=share, name=name, what=what, at=at)
    diary = share.bundle.diary
    send_to_all(
        "evidence",
        keepers(diary),
        key=f"evidence-opened:{share.pk}:{at:%Y-%m-%d}",
        title=gettext_lazy("Somebody opened what you shared"),
        body=gettext_lazy("See who, and stop it if it isn't right."),
        path=diary.get_absolute_url(),
        at=at,
    )
    return made


def stop(share: Share, *, by: Person, at: dt.datetime) -> None:
    """The link is dead from this moment."""
    if not rules.can_see_diary(by, share.bundle.diary):
        raise NotNow(_("Only whoever keeps this diary stops it."))
    Share.objects.filter(pk=share.pk, stopped_at=None).update(stopped_at=at)


def stop_by(consent: Consent, *, at: dt.datetime) -> int:
    """A yes was taken back: what was given by it, or by one it replaced, is stopped for good."""
    return Share.objects.filter(
        bundle__diary__person=consent.person,
        recipient_kind=consent.recipient_kind,
        recipient_key=consent.recipient_key,
        stopped_at=None,
    ).update(stopped_at=at)
