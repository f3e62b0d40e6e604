"""From voting on, the database itself refuses to change how a fund is decided."""

from django.db import migrations

_FIXED = (
    "method", "ballots", "voters", "most_choices", "points_each", "tie", "lot", "pot_pence",
)  # fmt: skip
_SET = "('voting', 'decided', 'closed')"
_SAYS = "how a fund is decided does not change once voting opens"
_TABLE = "grants_fund"


def _guard(apps, schema_editor):
    postgres = schema_editor.connection.vendor == "postgresql"
    differs = "IS DISTINCT FROM" if postgres else "IS NOT"
    changed = " OR ".join(f"NEW.{one} {differs} OLD.{one}" for one in _FIXED)
    # Nor is there a way back from voting to before it, nor from decided to voting.
    back = (
        f"NEW.stage NOT IN {_SET} OR (OLD.stage IN ('decided', 'closed') AND NEW.stage = 'voting')"
    )
    when = f"OLD.stage IN {_SET} AND ({changed} OR {back})"
    if postgres:
        schema_editor.execute(
            "CREATE FUNCTION doorstep_fund_is_set() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"RAISE EXCEPTION '{_SAYS}' USING ERRCODE = 'integrity_constraint_violation'; "
            "END $$"
        )
        schema_editor.execute(
            f"CREATE TRIGGER fund_is_set BEFORE UPDATE ON {_TABLE} FOR EACH ROW "
            f"WHEN ({when}) EXECUTE FUNCTION doorstep_fund_is_set()"
        )
    else:
        schema_editor.execute(
            f"CREATE TRIGGER fund_is_set BEFORE UPDATE ON {_TABLE} WHEN {when} BEGIN "
            f"SELECT RAISE(ABORT, '{_SAYS}'); END"
        )


def _unguard(apps, schema_editor):
    postgres = schema_editor.connection.vendor == "postgresql"
    schema_editor.execute(
        f"DROP TRIGGER IF EXISTS fund_is_set{f' ON {_TABLE}' if postgres else ''}"
    )
    if postgres:
        schema_editor.execute("DROP FUNCTION IF EXISTS doorstep_fund_is_set()")


class Migration(migrations.Migration):
    dependencies = [("grants", "0001_initial")]
    operations = [migrations.RunPython(_guard, _unguard)]
