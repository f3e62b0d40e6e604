"""What a person does in a browser, in few words, for the tests."""

import re

from django.core import mail
from django.test import Client

from doorstep.people import texts

JOIN = "/account/signup/"
SIGN_IN = "/account/login/"


def join(client: Client, contact: str, **more):
    """Fill in the form for joining and send it."""
    data = {
        "known_as": "Amina",
        "contact": contact,
        "postcode": "",
        "born_on": "",
        "way": "code",
        "password1": "",
        "agree": "on",
    } | more
    return client.post(JOIN, data)


def mailed_code() -> str:
    """Return the code in the newest mail."""
    return re.search(r"^(\d{6})$", mail.outbox[-1].body, re.MULTILINE)[1]


def texted_code() -> str:
    """Return the code in the newest text."""
    return re.search(r"\b(\d{6})\b", texts.outbox[-1].message)[1]


def join_by_mail(client: Client, email: str, **more):
    join(client, email, **more)
    return client.post("/account/confirm-email/", {"code": mailed_code()})


def join_by_text(client: Client, number: str, **more):
    join(client, number, **more)
    return client.post("/account/phone/verify/", {"code": texted_code()})


def ask_for_code(client: Client, who: str, **more):
    return client.post(SIGN_IN, {"login": who} | more)


def enter_code(client: Client, code: str, query: str = ""):
    return client.post(f"/account/login/code/confirm/{query}", {"code": code})


def is_in(client: Client) -> bool:
    return client.get("/people/me/").status_code == 200


def body(response) -> str:
    """Return a page without what is new in every answer."""
    text = response.content.decode()
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", text)
