"""What tells who somebody is and where they live lies sealed from here on."""

from django.db import migrations

from doorstep.base import sealed_fields as sealed
from doorstep.base.sealing_migrations import EMAIL, FINDABLE, HIDDEN, SealColumns, SealField


def _allauth_takes_longer_text(apps, editor):
    # On PostgreSQL the column holds 254 letters; a sealed address is longer. The model of
    # allauth stays as its own migrations know it (`people.mending`).
    if editor.connection.vendor == "postgresql":
        editor.execute("ALTER TABLE account_emailaddress ALTER COLUMN email TYPE text")


def _allauth_takes_shorter_text(apps, editor):
    if editor.connection.vendor == "postgresql":
        editor.execute("ALTER TABLE account_emailaddress ALTER COLUMN email TYPE varchar(254)")


class Migration(migrations.Migration):
    dependencies = [
        ("account", "0009_emailaddress_unique_primary_email"),
        ("people", "0006_rights"),
    ]

    operations = [
        SealField(
            "person",
            "full_name",
            sealed.SealedCharField(blank=True, max_length=120, verbose_name="full name"),
        ),
        SealField(
            "person",
            "phone",
            sealed.SealedCharField(
                blank=True, can_look_up=True, max_length=20, verbose_name="phone number"
            ),
        ),
        SealField(
            "person",
            "email",
            sealed.SealedEmailField(
                blank=True, can_look_up=True, max_length=254, verbose_name="e-mail"
            ),
        ),
        SealField(
            "person",
            "postcode",
            sealed.SealedCharField(blank=True, max_length=8, verbose_name="postcode"),
        ),
        SealField(
            "person",
            "access_needs",
            sealed.SealedTextField(
                blank=True, max_length=600, verbose_name="what makes it easier to take part"
            ),
        ),
        SealField(
            "account",
            "email",
            sealed.SealedEmailField(
                blank=True,
                can_look_up=True,
                max_length=254,
                null=True,
                unique=True,
                verbose_name="e-mail",
            ),
        ),
        SealField(
            "account",
            "phone",
            sealed.SealedCharField(
                blank=True,
                can_look_up=True,
                max_length=20,
                null=True,
                unique=True,
                verbose_name="mobile number",
            ),
        ),
        SealField("session", "session_data", sealed.SealedTextField(verbose_name="session data")),
        migrations.RunPython(_allauth_takes_longer_text, _allauth_takes_shorter_text),
        SealColumns(
            "people_person",
            "people.person",
            {
                "full_name": HIDDEN,
                "phone": FINDABLE,
                "email": EMAIL,
                "postcode": HIDDEN,
                "access_needs": HIDDEN,
            },
        ),
        SealColumns("people_account", "people.account", {"email": EMAIL, "phone": FINDABLE}),
        SealColumns("people_session", "people.session", {"session_data": HIDDEN}, "session_key"),
        SealColumns("account_emailaddress", "account.emailaddress", {"email": EMAIL}),
    ]
