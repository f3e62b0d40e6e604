"""Jobs to take: make the tea, set out the chairs."""

import pytest
from django.urls import reverse

from doorstep.base.time import now
from doorstep.gatherings.actions import jobs, places
from doorstep.gatherings.during import jobs_at
from doorstep.gatherings.models import Job, JobTaken
from doorstep.gatherings.tests.at_the_door import (
    HOUR,
    block,
    call_off,
    coming,
    session_that,
    sign_in,
)
from doorstep.people.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def tea(cast):
    session = session_that(cast.dev)
    coming(session, cast.amina)
    coming(session, cast.bryn)
    jobs.add_job(session.gathering, by=cast.dev, at=now(), name="Make the tea", needed=1)
    return session


def take(client, session, job, what="take"):
    return client.post(reverse(f"gatherings:job_{what}", args=[session.pk, job.pk]))


def test_a_job_taken_shows_with_the_name_to_those_coming(cast, tea, client):
    take(sign_in(client, cast.amina), tea, Job.objects.get())
    page = sign_in(client, cast.bryn).get(tea.get_absolute_url()).content.decode()
    assert "Taken care of" in page
    jobs_part = page[page.index('id="jobs"') :].split("</section>")[0]
    assert "Amina" in jobs_part
    page = sign_in(client, cast.ewan).get(tea.get_absolute_url()).content.decode()
    jobs_part = page[page.index('id="jobs"') :].split("</section>")[0]
    assert "Amina" not in jobs_part


def test_a_job_is_never_taken_by_more_than_it_needs(cast, tea, client):
    job = Job.objects.get()
    take(sign_in(client, cast.amina), tea, job)
    take(sign_in(client, cast.bryn), tea, job)
    assert [row.person for row in JobTaken.objects.all()] == [cast.amina]


def test_a_double_tap_takes_once_and_leaving_frees_it(cast, tea, client):
    job = Job.objects.get()
    sign_in(client, cast.amina)
    take(client, tea, job)
    take(client, tea, job)
    assert JobTaken.objects.count() == 1
    take(client, tea, job, "leave")
    take(client, tea, job, "leave")
    assert jobs_at(tea, None)[0]["free"] == 1


def test_nobody_hands_back_somebody_elses_job(cast, tea, client):
    job = Job.objects.get()
    jobs.take_job(job, tea, by=cast.amina, at=now())
    take(sign_in(client, cast.bryn), tea, job, "leave")
    assert JobTaken.objects.count() == 1


def test_only_those_coming_and_hosts_may_take_one(cast, tea, client):
    job = Job.objects.get()
    assert take(sign_in(client, cast.ewan), tea, job).status_code == 403
    assert take(sign_in(client, cast.dev), tea, job).status_code == 302


def test_a_job_of_another_gathering_is_not_found(cast, tea, client):
    other = session_that(cast.dev)
    job = jobs.add_job(other.gathering, by=cast.dev, at=now(), name="Lock up", needed=1)
    assert take(sign_in(client, cast.amina), tea, job).status_code == 404


@pytest.mark.parametrize("how", ["over", "off"])
def test_no_job_is_taken_when_it_is_over_or_off(cast, client, how):
    session = session_that(cast.dev, starts_in=-2 * HOUR if how == "over" else HOUR)
    coming(session, cast.amina)
    job = jobs.add_job(session.gathering, by=cast.dev, at=now(), name="Tea", needed=1)
    if how == "off":
        session = call_off(session)
    assert take(sign_in(client, cast.amina), session, job).status_code == 403


def test_whoever_does_not_come_does_not_make_the_tea(cast, tea):
    jobs.take_job(Job.objects.get(), tea, by=cast.amina, at=now())
    places.give_up_place(tea, by=cast.amina, at=now())
    assert JobTaken.objects.count() == 0


def test_a_name_across_a_block_is_left_out_and_still_counts(cast, tea):
    jobs.take_job(Job.objects.get(), tea, by=cast.amina, at=now())
    block(cast.bryn, cast.amina)
    job = jobs_at(tea, Person.objects.get(pk=cast.bryn.pk))[0]
    assert (job["names"], job["taken"], job["free"]) == ([], 1, 0)


@pytest.mark.parametrize("count", [1, 5])
def test_any_number_of_jobs_is_one_query(cast, tea, count, django_assert_num_queries):
    for number in range(count):
        job = jobs.add_job(tea.gathering, by=cast.dev, at=now(), name=f"Job {number}", needed=2)
        jobs.take_job(job, tea, by=cast.amina, at=now())
    with django_assert_num_queries(1):
        assert len(jobs_at(tea, None)) == count + 1


def test_hosts_add_and_remove_jobs_and_others_may_not(cast, tea, client):
    address = reverse("gatherings:jobs", args=[tea.pk])
    new = {"name": "Lock up", "needed": "2"}
    assert sign_in(client, cast.amina).post(address, new).status_code == 403
    sign_in(client, cast.dev)
    client.post(address, new)
    client.post(address, new)
    assert [(row.name, row.people_needed) for row in Job.objects.all()] == [
        ("Make the tea", 1),
        ("Lock up", 2),
    ]
    gone = Job.objects.get(name="Lock up")
    client.post(reverse("gatherings:job_remove", args=[tea.pk, gone.pk]))
    assert Job.objects.count() == 1
    answer = client.post(address, {"name": "", "needed": "900"})
    assert (answer.status_code, Job.objects.count()) == (422, 1)


def test_what_is_over_asks_nobody_to_come_for_a_job(cast, tea, client):
    page = sign_in(client, cast.ewan).get(tea.get_absolute_url()).content.decode()
    assert "Say you're coming, then you can take one" in page
    type(tea).objects.filter(pk=tea.pk).update(starts_at=now() - 3 * HOUR, ends_at=now() - 2 * HOUR)
    page = client.get(tea.get_absolute_url()).content.decode()
    assert "Make the tea" in page
    assert "Say you're coming, then you can take one" not in page
