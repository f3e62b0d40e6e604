"""The map of what was learned, and the same as a table."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from doorstep.base.pages import read_key
from doorstep.learning import mapping, rules
from doorstep.learning.models import Community
from doorstep.learning.views.common import me_of, only_if, page

PAGE = 200


@never_cache
@require_safe
def learning_map(request: HttpRequest) -> HttpResponse:
    """Everything the reader may see: `?in=` a community, `?around=` a thing, `?as=table`."""
    me = me_of(request)
    only_if(rules.is_learning(me))
    communities = list(Community.objects.visible_to(me).order_by("name", "pk"))
    chosen = None
    if slug := request.GET.get("in"):
        chosen = get_object_or_404(Community.objects.visible_to(me), slug=slug)
    drawn = mapping.gather(me, community=chosen.pk if chosen else None)
    centre = None
    if ref := request.GET.get("around"):
        centre = next((one for one in drawn.things.values() if one.ref == ref), None)
        if centre is not None:
            drawn = mapping.around(drawn, centre.pk)
    as_table = request.GET.get("as") == "table"
    names = {one.pk: one.name for one in communities}
    context: dict[str, Any] = {
        "communities": communities,
        "chosen": chosen,
        "centre": centre,
        "as_table": as_table,
        "many": len(drawn.things),
    }
    if as_table:
        order = {kind: number for number, kind in enumerate(mapping.KINDS)}
        every = sorted(drawn.things.values(), key=lambda one: (order[one.kind], -one.pk))
        start = min(read_key(request.GET.get("from")) or 0, 10_000)
        shown = every[start : start + PAGE]
        context |= {
            "rows": [
                row | {"community": names.get(row["thing"].community_id, "")}  # type: ignore[attr-defined]
                for row in mapping.rows(drawn, shown)
            ],
            "icons": mapping.ICONS,
            "next_from": start + PAGE if len(every) > start + PAGE else None,
        }
    elif drawn.things:
        context["svg"] = mapping.svg(mapping.lay_out(drawn), centre=centre.pk if centre else None)
    return page(request, "map.html", context)
