"""Components of the design language, as template tags. A builtin of every template."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django import forms, template
from django.conf import settings
from django.forms import BoundField
from django.template.loader import get_template
from django.templatetags.static import static
from django.utils import formats, timezone, translation
from django.utils.functional import Promise
from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from doorstep.design import frame

register = template.Library()

# Arrows and the like that point the way of reading.
_TURNING = {"arrow-left", "chevron-right", "send", "undo-2", "log-out"}


@lru_cache(4)
def _pictures_of(url: str | None) -> str:
    return url or static("design/pictures.svg")


def _pictures() -> str:
    # Where names are hashed, they are read once at the start and stay.
    return _pictures_of(static("design/pictures.svg") if settings.PLAIN_STATIC else None)


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """Draw a Lucide icon beside a word. `size`: "", "s", "l" or "xl"."""
    return _icon(str(name), size, _pictures())


@lru_cache(1_000)
def _icon(name: str, size: str, pictures: str) -> SafeString:
    classes = "i" + (f" i-{size}" if size else "") + (" i-turn" if name in _TURNING else "")
    return format_html(
        '<svg class="{}" aria-hidden="true" focusable="false"><use href="{}#i-{}"/></svg>',
        classes,
        pictures,
        name,
    )


@register.simple_tag
def art(name: str, css: str = "art", label: str = "") -> SafeString:
    """Draw a cut-paper picture: teapot, bag, post, seedling, chairs, bench, street…"""
    box = {
        "street": "0 0 1440 200",
        "quilt": "0 0 720 320",
        "bowls": "0 0 720 300",
        "mark": "0 0 48 48",
    }
    view = box.get(name, "0 0 240 180")
    said = (
        format_html('role="img" aria-label="{}"', label)
        if label
        else mark_safe('aria-hidden="true"')
    )
    wide = mark_safe(' preserveAspectRatio="xMidYMax slice"') if name == "street" else ""
    return format_html(
        '<svg class="{}" viewBox="{}"{} {} focusable="false"><use href="{}#a-{}"/></svg>',
        css,
        view,
        wide,
        said,
        _pictures(),
        name,
    )


@register.simple_tag
def face(who: Any, size: str = "") -> SafeString:
    """Draw the round face with the initials of a person or a team."""
    return format_html(
        '<span class="face{}" data-shop="{}" aria-hidden="true">{}</span>',
        f" face-{size}" if size else "",
        getattr(who, "spot", "home") or "home",
        who.initials,
    )


@register.simple_block_tag
def card(
    content: str, css: str = "stack", shop: str = "", heading: str = "", level: int = 2
) -> SafeString:
    """A card. `css` adds classes (card-flat, card-spot, ask); `heading` titles it."""
    return format_html(
        '<section class="card {}"{}>{}{}</section>',
        css,
        format_html(' data-shop="{}"', shop) if shop else "",
        format_html('<h{} class="h-s">{}</h{}>', level, heading, level) if heading else "",
        content,
    )


_NOTICE_ICON = {"news": "info", "good": "circle-check", "soon": "clock", "now": "triangle-alert"}


@register.simple_block_tag
def notice(
    content: str, kind: str = "news", heading: str = "", level: int = 2, role: str = ""
) -> SafeString:
    """A notice: news, good, soon or now (urgent only)."""
    return format_html(
        '<div class="notice{}" data-shop="map"{}>{}<div class="stack stack-s">{}{}</div></div>',
        "" if kind == "news" else f" notice-{kind}",
        format_html(' role="{}"', role) if role else "",
        icon(_NOTICE_ICON[kind], "l"),
        format_html("<h{}>{}</h{}>", level, heading, level) if heading else "",
        content,
    )


@register.simple_block_tag
def more(content: str, summary: str, opened: bool = False) -> SafeString:
    """Details that open on a press, without script."""
    return format_html(
        '<details class="more"{}><summary>{}<span>{}</span></summary>'
        '<div class="stack">{}</div></details>',
        mark_safe(" open") if opened else "",
        icon("chevron-down"),
        summary,
        content,
    )


@register.simple_block_tag
def empty(content: str, heading: str, picture: str = "teapot", level: int = 2) -> SafeString:
    """Nothing here yet, said kindly, with what to do."""
    return format_html(
        '<div class="empty card">{}<h{} class="h-s">{}</h{}>{}</div>',
        art(picture),
        level,
        heading,
        level,
        content,
    )


@register.simple_tag
def tag(words: str, kind: str = "", icon_name: str = "") -> SafeString:
    """A small label. `kind`: now, soon, go, wait, line or ""."""
    return format_html(
        '<span class="tag{}">{}<span>{}</span></span>',
        f" tag-{kind}" if kind else "",
        icon(icon_name) if icon_name else "",
        words,
    )


@register.simple_tag
def sticker(words: str, shop: str = "", icon_name: str = "", tilt: bool = False) -> SafeString:
    """A sticker in a shop's colour."""
    return format_html(
        '<span class="sticker{}"{}>{}{}</span>',
        " sticker-tilt" if tilt else "",
        format_html(' data-shop="{}"', shop) if shop else "",
        icon(icon_name, "s") if icon_name else "",
        words,
    )


# --- The page's frame ------------------------------------------------------------------------


@register.simple_tag(takes_context=True)
def frame_open(context: template.Context) -> SafeString:
    """From the first line to the title."""
    return frame.part("open", context.get("request"))


@register.simple_tag(takes_context=True)
def frame_head(context: template.Context) -> SafeString:
    """What follows the title in the head."""
    return frame.part("head", context.get("request"))


@register.simple_tag(takes_context=True)
def frame_top(context: template.Context) -> SafeString:
    """The signboard, menu and awning."""
    return frame.part("top", context.get("request"), bare=bool(context.get("bare")))


@register.simple_tag(takes_context=True)
def frame_toasts(context: template.Context) -> SafeString:
    """What was just done, or couldn't be."""
    return frame.toasts(context.get("request"))


@register.simple_tag(takes_context=True)
def frame_foot(context: template.Context) -> SafeString:
    """The footer street with the phone number, and the phone's tab bar."""
    return frame.part("foot", context.get("request"), bare=bool(context.get("bare")))


# --- Forms -----------------------------------------------------------------------------------


@register.simple_tag
def error_summary(*bound: forms.BaseForm | forms.BaseFormSet | None) -> SafeString:
    """The box at the top of a form that failed, with a link to each field."""
    rows: list[tuple[str, str]] = []
    for one in bound:
        if isinstance(one, forms.BaseFormSet):
            rows += [("", str(error)) for error in one.non_form_errors()] if one.is_bound else []
            each = list(one.forms)
        else:
            each = [one] if one is not None else []
        for form in each:
            if not form.is_bound:
                continue
            for name, errors in form.errors.items():
                target = "" if name == "__all__" else _target(form[name])
                label = "" if name == "__all__" else str(form[name].label).rstrip("?:")
                rows += [(target, _said(label, str(error))) for error in errors]
    if not rows:
        return mark_safe("")
    html = get_template("design/forms/summary.html").render({"rows": rows})
    return mark_safe(html)


def _said(label: str, error: str) -> str:
    """Return an error that says by itself which field it means."""
    plain = str(forms.Field.default_error_messages["required"])
    return f"{label}: {error}" if label and error == plain else error


def _target(field: BoundField) -> str:
    if isinstance(field.field.widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return f"{field.auto_id}_0"
    return field.auto_id


@register.simple_tag
def fields(form: forms.BaseForm) -> SafeString:
    """All fields of a form, hidden ones too, one under the other."""
    return mark_safe(
        "".join(str(field) for field in form.hidden_fields())
        + "".join(str(field.as_field_group()) for field in form.visible_fields())
    )


_CLASSES: list[tuple[type, str]] = [
    (forms.CheckboxInput, ""),
    (forms.RadioSelect, ""),
    (forms.CheckboxSelectMultiple, ""),
    (forms.FileInput, "input"),
    (forms.Select, "select"),
    (forms.Textarea, "area"),
    (forms.widgets.Input, "input"),
]


@register.simple_tag
def widget(field: BoundField) -> SafeString:
    """The field's control with the design's class and what it is described by."""
    control = field.field.widget
    css = next((name for kind, name in _CLASSES if isinstance(control, kind)), "")
    attrs: dict[str, Any] = {}
    if css:
        attrs["class"] = " ".join(filter(None, [css, control.attrs.get("class", "")]))
    described = " ".join(
        [f"{field.auto_id}_hint"] * bool(field.help_text)
        + [f"{field.auto_id}_error"] * bool(field.errors)
    )
    if described:
        attrs["aria-describedby"] = described
    if field.errors:
        attrs["aria-invalid"] = "true"
    return field.as_widget(attrs=attrs)


@register.filter
def control(field: BoundField) -> str:
    """Which of the design's controls a field is: "tick", "tiles" or "plain"."""
    kind = field.field.widget
    if isinstance(kind, forms.CheckboxInput):
        return "tick"
    if isinstance(kind, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "tiles"
    return "plain"


# --- Words -----------------------------------------------------------------------------------


# Who hears of which moment, and when, “… ago” was said: whoever keeps a page must know until when
# it is true. Filled by `web.kept`.
hears_ages: list[Callable[[dt.datetime, dt.datetime], None]] = []


@register.filter
def ago(moment: dt.datetime | None) -> str:
    """“40 minutes ago”, “yesterday”, “3 November”."""
    if moment is None:
        return ""
    here_and_now = timezone.now()
    for told in hears_ages:
        told(moment, here_and_now)
    gone = here_and_now - moment
    minutes = int(gone.total_seconds() // 60)
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return ngettext("%(count)d minute ago", "%(count)d minutes ago", minutes) % {
            "count": minutes
        }
    here, today = timezone.localtime(moment), timezone.localdate()
    if here.date() == today:
        hours = minutes // 60
        return ngettext("%(count)d hour ago", "%(count)d hours ago", hours) % {"count": hours}
    days = (today - here.date()).days
    if days == 1:
        return _("yesterday")
    if days < 7:
        return ngettext("%(count)d day ago", "%(count)d days ago", days) % {"count": days}
    return formats.date_format(here, "j F" if here.year == today.year else "j F Y")


@register.filter
def day(moment: dt.datetime | dt.date | None) -> str:
    """“Thursday 26 November”, with the year when it is another."""
    if moment is None:
        return ""
    if isinstance(moment, dt.datetime):
        moment = timezone.localtime(moment).date()
    same = moment.year == timezone.localdate().year
    return formats.date_format(moment, "l j F" if same else "l j F Y")


@register.filter
def clock(moment: dt.datetime | dt.time | None) -> str:
    """“10am”, “11:30am”; noon and midnight in words."""
    if moment is None:
        return ""
    if isinstance(moment, dt.datetime):
        moment = timezone.localtime(moment).time()
    if (moment.hour, moment.minute) == (12, 0):
        return _("noon")
    if (moment.hour, moment.minute) == (0, 0):
        return _("midnight")
    half = _("am") if moment.hour < 12 else _("pm")
    hour = moment.hour % 12 or 12
    return f"{hour}{half}" if moment.minute == 0 else f"{hour}:{moment.minute:02d}{half}"


@register.filter
def telephone(number: str | Promise) -> SafeString:
    """A phone number to press, left to right in every language."""
    digits = re.sub(r"[^0-9+]", "", str(number))
    # A number that was kept as +44… is said as people here say it.
    said = re.sub(r"^\+44(7\d{3})(\d{6})$", r"0\1 \2", str(number))
    said = re.sub(r"^\+44(20)(\d{4})(\d{4})$", r"0\1 \2 \3", said)
    said = re.sub(r"^\+44(\d{4})(\d{6})$", r"0\1 \2", said)
    return format_html('<a href="tel:{}"><bdi dir="ltr">{}</bdi></a>', digits, said)


@register.filter
def reach(how: str) -> SafeString:
    """How somebody said to reach them: a number or an e-mail to press, else their words."""
    how = str(how).strip()
    if re.fullmatch(r"\+?[\d ()./-]{7,20}", how):
        return telephone(how)
    if re.fullmatch(r"[^\s@<>\"']+@[^\s@<>\"']+\.[^\s@<>\"']+", how):
        return format_html('<a href="mailto:{0}"><bdi dir="ltr">{0}</bdi></a>', how)
    return format_html('<bdi dir="auto">{}</bdi>', how)


@register.filter
def digits(number: str) -> str:
    """Only the digits (and +) of a phone number, for tel: and sms: links."""
    return re.sub(r"[^0-9+]", "", str(number))


@register.simple_tag
def direction() -> str:
    """rtl or ltr, for the language of the page."""
    return "rtl" if translation.get_language_bidi() else "ltr"


@register.filter
def initials_of(name: str) -> str:
    """One or two letters for a face."""
    words = [word for word in conditional_escape(name).split() if word[:1].isalnum()]
    return escape("".join(word[0] for word in words[:2]).upper())
