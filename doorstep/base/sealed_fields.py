"""Model fields that lie sealed in their column (see `base.sealing`).

    reason = SealedTextField(_("why"), max_length=600, blank=True)
    phone = SealedCharField(max_length=20, blank=True, can_look_up=True)

In Python they hold plain text as ever; a value is opened when it is first read. An empty value
stays `""` or NULL, so `blank`, `isnull` and `exclude(phone="")` mean what they say. With
`can_look_up=True` rows are found by the exact value (`filter(phone=…)`, `__in`, `get_or_create`,
`unique=True`), and only by it: the same values look the same in the table, so keep it to numbers
and addresses. Any other way to look, and ordering, raises FieldError, because the database
compares what it can't read. A value belongs to its model and column; renaming either takes
`sealed_as="the.old.name"`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django import forms
from django.apps import apps
from django.core import checks
from django.core.exceptions import EmptyResultSet, FieldError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, connection, models, router
from django.db.models import Func
from django.db.models.functions import Cast
from django.db.models.lookups import Exact, In
from django.db.models.query_utils import DeferredAttribute
from django.db.models.sql.compiler import SQLCompiler

from doorstep.base import sealing


class Sealed(str):
    """Text as it came from the table, not opened yet. What people type is never this."""

    __slots__ = ()


def as_it_came(value: str | None, _expression: Any = None, _connection: Any = None) -> str | None:
    """Return a value that raw SQL read, to be given to a model's sealed field."""
    return Sealed(value) if value else value


_MISSING: Any = object()


class OpensWhenRead(DeferredAttribute):
    """The attribute of a sealed field: opens the value when it is first asked for."""

    field: Any

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        value = instance.__dict__.get(name, _MISSING)
        if value is _MISSING:
            super().__get__(instance, cls)
            value = instance.__dict__[name]
        if value.__class__ is Sealed:
            value = instance.__dict__[name] = self.field.opened(value)
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class SealedMixin(models.Field):
    """What every sealed field does."""

    descriptor_class = OpensWhenRead

    def __init__(
        self, *args: Any, can_look_up: bool = False, sealed_as: str = "", **kwargs: Any
    ) -> None:
        self.can_look_up, self.sealed_as = can_look_up, sealed_as
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        if self.can_look_up:
            kwargs["can_look_up"] = True
        if self.sealed_as:
            kwargs["sealed_as"] = self.sealed_as
        return name, path, args, kwargs

    def contribute_to_class(self, cls: Any, name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        if not cls._meta.abstract:
            self.bind(self.sealed_as or f"{cls._meta.label_lower}.{self.name}")

    def bind(self, name: str) -> None:
        """Say which column the values belong to."""
        self.vault = sealing.Column(name, can_look_up=self.can_look_up)

    def check(self, **kwargs: Any) -> list[Any]:
        found = super().check(**kwargs)
        if self.unique and not self.can_look_up:
            found.append(
                checks.Error(
                    "A sealed field that is unique needs can_look_up=True.",
                    hint="Without it the same value never looks the same twice.",
                    obj=self,
                    id="doorstep.E001",
                )
            )
        return found

    def get_internal_type(self) -> str:
        return "TextField"

    def __str__(self) -> str:
        return f"{self.model._meta.label}.{self.name}"

    # --- Text and value ----------------------------------------------------------------------

    def to_text(self, value: Any) -> str:
        """Return the text that is sealed; "" is kept as it is."""
        return value if isinstance(value, str) else str(value)

    def from_text(self, text: str) -> Any:
        return text

    def opened(self, sealed: str) -> Any:
        return self.from_text(self.vault.open(sealed))

    # --- To and from the table ---------------------------------------------------------------

    def from_db_value(self, value: str | None, _expression: Any, _connection: Any) -> Any:
        return self.opened(value) if value else value

    def pre_save(self, model_instance: Any, add: bool) -> Any:
        value = model_instance.__dict__.get(self.attname, _MISSING)
        if value is _MISSING:
            value = getattr(model_instance, self.attname)
        if value.__class__ is Sealed or value is None or hasattr(value, "resolve_expression"):
            return value
        if self.can_look_up:
            text = self.to_text(value)
            if text != value:
                setattr(model_instance, self.attname, text)
                value = text
            if text and self.unique:
                self._refuse_twins(model_instance, text)
        return value

    def _refuse_twins(self, instance: Any, text: str) -> None:
        """While keys rotate, the table's own constraint can't see a twin under another key."""
        others = self.vault.forms(text)[1:]
        if not others:
            return
        manager = self.model._base_manager.using(router.db_for_write(self.model, instance=instance))
        twins = manager.filter(**{self.name: text}).exclude(pk=instance.pk)
        if twins.exists():
            raise IntegrityError(f"UNIQUE constraint failed: {self}")

    def get_prep_value(self, value: Any) -> Any:
        return value

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        if value is None or hasattr(value, "as_sql"):
            return value
        return self.stored(value)

    def stored(self, value: Any) -> str | None:
        """Return the value as the table holds it."""
        if value is None:
            return None
        if value.__class__ is Sealed:
            return str(self.vault.resealed(value))
        text = self.to_text(value)
        return self.vault.seal(text) if text else ""

    def get_placeholder(self, value: Any, compiler: Any, connection: Any) -> str:
        """Refuse what would put plain text, or another column's, into this one."""
        if value is not None and value.__class__ is not str and hasattr(value, "as_sql"):
            source = getattr(value, "output_field", None)
            vault = getattr(source, "vault", None)
            # `bulk_update` on PostgreSQL casts; any other function would work on ciphertext.
            works_on_it = isinstance(value, Func) and not isinstance(value, Cast)
            if vault is None or vault.name != self.vault.name or works_on_it:
                raise FieldError(f"{self} is sealed: give it a value, not an expression.")
        return "%s"

    # --- Looking up --------------------------------------------------------------------------

    folds_case = False

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)
        if lookup_name == "exact" or (lookup_name == "iexact" and self.folds_case):
            return SealedExact
        if lookup_name == "in":
            return SealedIn
        raise self.refusal(f"“{lookup_name}”")

    def get_transform(self, lookup_name: str) -> Any:
        raise self.refusal(f"“{lookup_name}”")

    def refusal(self, how: str) -> FieldError:
        ways = "its exact value" if self.can_look_up else "being empty or not"
        return FieldError(f"{self} is sealed: rows are found by {ways}, not by {how}.")

    def forms_of(self, value: Any) -> list[Any]:
        """Return what an exact value may look like in the table."""
        if hasattr(value, "resolve_expression") or hasattr(value, "as_sql"):
            raise self.refusal("another column")
        text = self.to_text(value)
        if not text:
            return [""]
        if not self.can_look_up:
            raise self.refusal("its value (it has no can_look_up=True)")
        return self.vault.forms(text)


class SealedExact(Exact):
    """`filter(phone="…")`: under whichever key the row may lie."""

    def get_prep_lookup(self) -> Any:
        return self.rhs

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        field = self.lhs.output_field
        left, params = self.process_lhs(compiler, connection)
        if self.rhs is None:
            return f"{left} IS NULL", params
        found = field.forms_of(self.rhs)
        if len(found) == 1:
            return f"{left} = %s", [*params, *found]
        return f"{left} IN ({', '.join(['%s'] * len(found))})", [*params, *found]


class SealedIn(In):
    """`filter(email__in=[…])`."""

    def get_prep_lookup(self) -> Any:
        if hasattr(self.rhs, "resolve_expression"):
            raise self.lhs.output_field.refusal("another column")
        return self.rhs

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        field = self.lhs.output_field
        found = [form for value in self.rhs if value is not None for form in field.forms_of(value)]
        if not found:
            raise EmptyResultSet
        left, params = self.process_lhs(compiler, connection)
        return f"{left} IN ({', '.join(['%s'] * len(found))})", [*params, *found]


# --- The fields -------------------------------------------------------------------------------


class SealedCharField(SealedMixin, models.CharField):
    """One sealed line. `max_length` counts letters, as typed."""


class SealedTextField(SealedMixin, models.TextField):
    """Sealed text of any length."""


class SealedEmailField(SealedMixin, models.EmailField):
    """A sealed e-mail, kept in small letters, so that any spelling finds it."""

    folds_case = True

    def to_text(self, value: Any) -> str:
        return str(value).strip().lower()


class SealedJSONField(SealedMixin):
    """A sealed dict or list. Nothing in it can be looked up."""

    def to_text(self, value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, cls=DjangoJSONEncoder)

    def from_text(self, text: str) -> Any:
        return json.loads(text)

    def value_to_string(self, obj: Any) -> Any:
        return self.value_from_object(obj)

    def formfield(self, **kwargs: Any) -> Any:  # type: ignore[override]
        return super().formfield(**{"form_class": forms.JSONField, **kwargs})


# --- Django's compiler ------------------------------------------------------------------------
#
# A row read for an instance keeps its values sealed until they are asked for; one read by
# `values_list()` or an annotation is opened at once. Only the compiler knows which is which.

_converters_of_django = SQLCompiler.get_converters
_order_of_django = SQLCompiler.get_order_by


def _get_converters(self: Any, expressions: Any) -> Any:
    converters = _converters_of_django(self, expressions)
    own: set[int] | None = None
    for position, (_functions, expression) in converters.items():
        if isinstance(getattr(expression, "target", None), SealedMixin):
            if own is None:
                # `values()` names its columns; an instance takes those of its model.
                whole = getattr(self.query, "default_cols", False)
                own = _places_of_instances(self.klass_info) if whole else set()
            if position in own:
                converters[position] = ([as_it_came], expression)
    return converters


def _places_of_instances(info: Any) -> set[int]:
    if not info:
        return set()
    places = set(info["select_fields"])
    for below in info.get("related_klass_infos", ()):
        places |= _places_of_instances(below)
    return places


def _get_order_by(self: Any) -> Any:
    order = _order_of_django(self)
    for expression, _sql in order:
        field = getattr(getattr(expression, "expression", None), "target", None)
        if isinstance(field, SealedMixin) and not getattr(field, "may_order", False):
            raise FieldError(f"{field} is sealed: rows can't be put in its order.")
    return order


def mend_compiler() -> None:
    """Teach Django's compiler about sealed columns; called once, when `base` is ready."""
    SQLCompiler.get_converters = _get_converters  # type: ignore[method-assign]
    SQLCompiler.get_order_by = _get_order_by  # type: ignore[method-assign]


mend_compiler()


# --- All of them ------------------------------------------------------------------------------


def sealed_fields() -> Iterator[tuple[type[models.Model], list[SealedMixin]]]:
    """Yield each model that has sealed fields, with them."""
    for model in apps.get_models(include_auto_created=True):
        if model._meta.proxy or not model._meta.managed:
            continue
        found = [f for f in model._meta.local_concrete_fields if isinstance(f, SealedMixin)]
        if found:
            yield model, found


def sealed_somewhere() -> str:
    """Return the name of a column that holds a sealed value, or "" when none does."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        for model, fields in sealed_fields():
            if model._meta.db_table not in tables:
                continue
            there = {
                column.name
                for column in connection.introspection.get_table_description(
                    cursor, model._meta.db_table
                )
            }
            for field in fields:
                if field.column not in there:
                    continue
                column = quote(str(field.column))
                shape = "_" * sealing.ID_LENGTH + ":%"
                cursor.execute(
                    f"SELECT 1 FROM {quote(model._meta.db_table)} "  # noqa: S608
                    f"WHERE {column} LIKE %s OR {column} LIKE %s LIMIT 1",
                    [f"{sealing.HIDDEN}{shape}", f"{sealing.FINDABLE}{shape}"],
                )
                if cursor.fetchone():
                    return str(field)
    return ""
