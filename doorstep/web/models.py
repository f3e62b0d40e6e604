"""What spans the apps: the words people use here, for searching."""

from django.db import models

from doorstep.web.safety.models import Complaint, Review, WordsChange


class SearchWord(models.Model):
    """A word that open posts, teams, gatherings and places use, and about how often.

    Only words that every neighbour may read are in it, so that "did you mean" tells nobody
    what a private team talks about, or a child's name.
    """

    word = models.CharField(max_length=40, primary_key=True)
    count = models.PositiveIntegerField()
    # Whether visitors without an account may read it too.
    is_open = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.word


__all__ = ["Complaint", "Review", "SearchWord", "WordsChange"]
