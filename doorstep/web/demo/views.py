"""Try it as somebody: sign in as one of the cast with one press."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from doorstep.people.models import Account
from doorstep.web.demo.cast import BY_KEY, CAST


@login_not_required
def people(request: HttpRequest) -> HttpResponse:
    """List the cast; a POST signs in as one of them."""
    # Twice careful: the address is not even there where the setting is off.
    if not settings.DEMO_SIGN_IN or settings.MODE == "production":
        raise Http404
    accounts = {
        account.email: account
        for account in Account.objects.select_related("person__home").filter(
            email__in=[part.email for part in CAST]
        )
    }
    if request.method == "POST":
        part = BY_KEY.get(request.POST.get("as", ""))
        account = accounts.get(part.email) if part else None
        if part is None or account is None:
            messages.error(request, _("That neighbour isn't here. Choose one of these."))
            return redirect("demo:people")
        login(request, account, backend="doorstep.people.backends.AccountBackend")
        # A demo has nothing to protect; real roles that see cases prove a second factor.
        request.session["second_factor_waived"] = True
        response = redirect("web:home")
        if part.reads != "en-gb":
            response.set_cookie(settings.LANGUAGE_COOKIE_NAME, part.reads, samesite="Lax")
        elif settings.LANGUAGE_COOKIE_NAME in request.COOKIES:
            response.delete_cookie(settings.LANGUAGE_COOKIE_NAME)
        return response
    cast = [
        {"part": part, "person": accounts[part.email].person}
        for part in CAST
        if part.email in accounts
    ]
    return render(request, "web/demo/people.html", {"cast": cast})
