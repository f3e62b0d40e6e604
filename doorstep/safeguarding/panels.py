"""Parts of other pages: the quiet way from a person's page to the form."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from doorstep.base.time import now
from doorstep.design.templatetags.design import icon
from doorstep.notices import safe
from doorstep.notices.models import Channel
from doorstep.people import numbers
from doorstep.people.models import Person
from doorstep.safeguarding import rules
from doorstep.safeguarding.things import about_address


def worried_link(kind: str, pk: int) -> SafeString:
    """Return the quiet link to the form, filled with what the page is about."""
    return format_html(
        '<a class="act" href="{}">{}{}</a>',
        about_address(kind, pk),
        icon("ear"),
        _("Worried about someone?"),
    )


def how_to_reach(request: HttpRequest, person: Person) -> str:
    """What a lead needs to ring or visit, with the person's safe-contact rules above it."""
    account = getattr(person, "account", None)
    at = now()
    ways = (Channel.PHONE, Channel.EMAIL, Channel.VISIT)
    verdicts = [safe.may_reach(person, way, at) for way in ways]
    return render_to_string(
        "safeguarding/_reach.html",
        {
            "person": person,
            "phone": numbers.shown(person.phone or (account.phone if account else "") or ""),
            "email": person.email or (account.email if account else "") or "",
            "refusals": list(dict.fromkeys(one.why for one in verdicts if not one.ok)),
            "rules": safe.rules_of(person),
        },
        request=request,
    )


def on_a_persons_page(request: HttpRequest, person: Person) -> str:
    """On a neighbour's page the link; on a lead's own, the way to what waits."""
    me = getattr(request.user, "person", None)
    if me is None:
        return ""
    if me.pk != person.pk:
        return format_html("<p>{}</p>", worried_link("person", person.pk))
    if not rules.is_lead(me):
        return ""
    return format_html(
        '<p><a class="btn btn-line" href="{}">{}{}</a></p>',
        reverse("safeguarding:queue"),
        icon("shield-check"),
        _("Safeguarding alerts"),
    )
