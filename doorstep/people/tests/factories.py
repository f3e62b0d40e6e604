"""Synthetic people for tests."""

import factory

from doorstep.people.models import Account, Person


class PersonFactory(factory.django.DjangoModelFactory):
    """A person with an account that signs in with `force_login(person.account)`."""

    class Meta:
        model = Person
        skip_postgeneration_save = True

    known_as = factory.Sequence(lambda n: f"Neighbour {n}")

    @factory.post_generation
    def account(self, create, extracted, **kwargs):
        if extracted is False:
            return
        Account.objects.create(
            person=self, email=f"{self.handle}@example.org", password="!", phone_verified=False
        )
