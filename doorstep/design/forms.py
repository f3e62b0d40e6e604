"""How Django draws forms here: every field with its label, hint and error as the design says.

A page at a desk has a hundred controls, and Django reads three templates for each. What is drawn
most often (`design/forms/field.html`, and the plain controls of Django's own) is told again
below in Python, some ten times as fast; `tests/test_forms.py` holds both against each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _


class Renderer(TemplatesSetting):
    """Draws each form and field from `design/forms/`."""

    form_template_name = "design/forms/form.html"
    field_template_name = "design/forms/field.html"

    def render(
        self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None
    ) -> str:
        draw = _DRAWN.get(template_name)
        drawn = draw(context) if draw is not None else None
        return drawn if drawn is not None else super().render(template_name, context, request)


def _said(value: Any) -> str:
    """A value as `stringformat:'s'` and autoescape say it."""
    if isinstance(value, SafeString):
        return value
    return conditional_escape(str(value))


def _attrs(attrs: Mapping[str, Any]) -> str:
    return "".join(
        f" {conditional_escape(name)}"
        if value is True
        else f' {conditional_escape(name)}="{_said(value)}"'
        for name, value in attrs.items()
        if value is not False
    )


def _input_of(widget: Mapping[str, Any]) -> str:
    value = widget["value"]
    said = "" if value is None else f' value="{_said(value)}"'
    return (
        f'<input type="{_said(widget["type"])}" name="{_said(widget["name"])}"{said}'
        f"{_attrs(widget['attrs'])}>"
    )


def _input(context: dict[str, Any]) -> SafeString:
    return mark_safe(_input_of(context["widget"]))


def _option(context: dict[str, Any]) -> SafeString | None:
    widget = context["widget"]
    return None if widget.get("wrap_label") else mark_safe(_input_of(widget))


def _area(context: dict[str, Any]) -> SafeString:
    widget = context["widget"]
    value = widget["value"]
    said = _said(value) if value else ""
    return mark_safe(
        f'<textarea name="{_said(widget["name"])}"{_attrs(widget["attrs"])}>\n{said}</textarea>'
    )


def _is_words(label: Any) -> bool:
    return isinstance(label, str | Promise)


def _select(context: dict[str, Any]) -> SafeString | None:
    widget = context["widget"]
    parts = [f'<select name="{_said(widget["name"])}"{_attrs(widget["attrs"])}>']
    for group, options, _index in widget["optgroups"]:
        if group:
            parts.append(f'<optgroup label="{_said(group)}">')
        for option in options:
            if option["template_name"] != _SELECT_OPTION or not _is_words(option["label"]):
                return None
            parts.append(
                f'<option value="{_said(option["value"])}"{_attrs(option["attrs"])}>'
                f"{_said(option['label'])}</option>"
            )
        if group:
            parts.append("</optgroup>")
    parts.append("</select>")
    return mark_safe("".join(parts))


def _field(context: dict[str, Any]) -> SafeString | None:
    from doorstep.design.templatetags import design

    field = context["field"]
    label, hint, errors = field.label, field.help_text, field.errors
    if not _is_words(label) or not _is_words(hint):
        return None
    kind = design.control(field)
    hint, name = _said(hint), field.auto_id
    css = "field has-err" if errors else "field"
    wrong = _errors(field) if errors else ""
    for_id = _said(field.id_for_label)
    if kind == "tick":
        aside = f'<span class="tile-hint" id="{name}_hint">{hint}</span>' if hint else ""
        return mark_safe(
            f'<div class="{css}">{wrong}<label class="tile tile-tick" for="{for_id}">'
            f"{design.widget(field)}<span>{_said(label)}{aside}</span></label></div>"
        )
    # What is needed only sometimes says so in its hint, and not that it is as they like.
    is_needed = field.field.required or getattr(field.field, "is_sometimes_needed", False)
    free = "" if is_needed else f' <span class="hint">{_said(_("(if you like)"))}</span>'
    aside = f'<p class="hint" id="{name}_hint">{hint}</p>' if hint else ""
    if kind == "tiles":
        options = list(field)
        if not all(_is_words(option.choice_label) for option in options):
            return None
        tiles = "".join(
            f'<label class="tile" for="{_said(option.id_for_label)}">{option.tag()}'
            f"<span>{_said(option.choice_label)}</span></label>"
            for option in options
        )
        described = f' aria-describedby="{name}_hint"' if hint else ""
        many = "tiles tiles-2" if len(options) > 3 else "tiles"
        return mark_safe(
            f'<fieldset class="{css}" id="{name}"{described}><legend>{_said(label)}{free}</legend>'
            f'{aside}{wrong}<div class="{many}">{tiles}</div></fieldset>'
        )
    return mark_safe(
        f'<div class="{css}"><label for="{for_id}">{_said(label)}{free}</label>'
        f"{aside}{wrong}{design.widget(field)}</div>"
    )


def _errors(field: Any) -> str:
    from django.template.loader import get_template

    return get_template("design/forms/error.html").render({"field": field})


_SELECT_OPTION = "django/forms/widgets/select_option.html"
_PLAIN = ("input", "text", "number", "email", "url", "color", "search", "tel", "password", "hidden",
          "date", "datetime", "time", "checkbox")  # fmt: skip
_DRAWN: dict[str, Callable[[dict[str, Any]], SafeString | None]] = {
    **{f"django/forms/widgets/{name}.html": _input for name in _PLAIN},
    "django/forms/widgets/radio_option.html": _option,
    "django/forms/widgets/checkbox_option.html": _option,
    "django/forms/widgets/textarea.html": _area,
    "django/forms/widgets/select.html": _select,
    "design/forms/field.html": _field,
}
