"""The same form sent twice at the same instant, on a database that lets both write."""

import threading

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from doorstep.base import keys
from doorstep.learning.models import Community
from doorstep.learning.tests import making


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_form_sent_twice_at_once_makes_one_row_and_both_answers_lead_to_it(
    monkeypatch, cast, borough
):
    carys = making.facilitator(cast.carys, borough.borough)
    key, both = keys.new_key(20), threading.Barrier(2, timeout=20)
    slug_from, met = keys.slug_from, []

    def after_both_have_looked(*args):
        if len(met) < 2:
            met.append(1)
            both.wait()
        return slug_from(*args)

    monkeypatch.setattr(keys, "slug_from", after_both_have_looked)
    answers = []

    def send():
        browser = Client()
        browser.force_login(carys.account)
        data = {"client_key": key, "name": "Core", "purpose": "What keeps people coming?"}
        answers.append(browser.post(reverse("learning:start"), data))
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = Community.objects.get(client_key=key)
    assert [(one.status_code, one["Location"]) for one in answers] == [
        (302, f"{made.get_absolute_url()}people/")
    ] * 2
