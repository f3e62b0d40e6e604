"""Taking and leaving jobs: “make the tea”."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from doorstep.gatherings.models import Gathering, Job, JobTaken, Session
from doorstep.people.models import Person


class JobTakenAlready(Exception):
    """As many people as the job needs have taken it."""


@transaction.atomic
def take_job(job: Job, session: Session, *, by: Person, at: dt.datetime) -> JobTaken:
    """Take a job at one session. Taking it twice is once.

    Raises JobTakenAlready when enough people do it. The lock on the job's row makes the count
    true: on SQLite the whole transaction already holds the only write lock.
    """
    job = Job.objects.select_for_update().get(pk=job.pk)
    mine = JobTaken.objects.filter(job=job, session=session, person=by).first()
    if mine is not None:
        return mine
    if JobTaken.objects.filter(job=job, session=session).count() >= job.people_needed:
        raise JobTakenAlready
    return JobTaken.objects.create(job=job, session=session, person=by, taken_at=at)


@transaction.atomic
def leave_job(job: Job, session: Session, *, by: Person, at: dt.datetime) -> bool:
    """Hand a job back; False when it wasn't theirs (any more)."""
    return bool(JobTaken.objects.filter(job=job, session=session, person=by).delete()[0])


@transaction.atomic
def leave_all(session: Session, *, by: Person, at: dt.datetime) -> int:
    """Hand back every job at a session: whoever doesn't come can't make the tea."""
    return JobTaken.objects.filter(session=session, person=by).delete()[0]


@transaction.atomic
def add_job(gathering: Gathering, *, by: Person, at: dt.datetime, name: str, needed: int) -> Job:
    """Add a job to a gathering; the same name again changes how many people it needs."""
    job = Job.objects.filter(gathering=gathering, name__iexact=name).first()
    if job is None:
        return Job.objects.create(gathering=gathering, name=name, people_needed=needed)
    Job.objects.filter(pk=job.pk).update(people_needed=needed)
    job.people_needed = needed
    return job


@transaction.atomic
def remove_job(job: Job, *, by: Person, at: dt.datetime) -> None:
    """Take a job off the list, for all sessions."""
    job.delete()
