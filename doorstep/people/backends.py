"""How an account is found when somebody signs in."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from doorstep.people.models import Account, Person


class AccountBackend(AuthenticationBackend):
    """allauth's sign-in; brings the person along with the account in one query."""

    def get_user(self, user_id: int) -> Account | None:
        account = Account.objects.select_related("person").filter(pk=user_id).first()
        return account if account and self.user_can_authenticate(account) else None

    def user_can_authenticate(self, user: Any) -> bool:
        return bool(user.is_active) and user.person.state not in (
            Person.State.SUSPENDED,
            Person.State.MERGED,
        )
