"""Kits: whole, careful, loaded once."""

import re
from pathlib import Path

import pytest

from doorstep.base.models import Spot
from doorstep.teams import actions
from doorstep.teams.models import Kit

pytestmark = pytest.mark.django_db

PICTURES = Path(__file__).parents[2] / "design/static/design/pictures.svg"


def test_there_are_at_least_24_kits_and_each_is_whole():
    count = actions.load_kits()
    icons = set(re.findall(r'id="i-([^"]+)"', PICTURES.read_text()))
    assert count >= 24
    assert Kit.objects.filter(is_offered=True).count() == count
    for kit in Kit.objects.all():
        assert kit.icon in icons, kit.slug
        assert kit.spot in Spot.values
        assert len(kit.first_gatherings) == 3, kit.slug
        assert all(row["title"] and row["what"] for row in kit.first_gatherings)
        assert 3 <= len(kit.opening_prompts) <= 5, kit.slug
        assert len(kit.what_to_bring) >= 4, kit.slug
        assert len(kit.purpose) <= 200
        assert "\n" not in kit.purpose
        for text in (kit.why, kit.risk_note, kit.agreement):
            assert len(text) > 80, kit.slug
        assert len(kit.agreement) <= 3000


def test_no_two_kits_say_the_same():
    actions.load_kits()
    kits = list(Kit.objects.all())
    for name in ("name", "purpose", "risk_note", "agreement", "order"):
        assert len({getattr(kit, name) for kit in kits}) == len(kits), name


@pytest.mark.parametrize("slug", ["homework-table", "breakfast-before-school"])
def test_kits_for_children_ask_for_checks_and_two_grown_ups(slug):
    actions.load_kits()
    kit = Kit.objects.get(slug=slug)
    assert "DBS check" in kit.risk_note
    assert "two" in kit.risk_note


def test_loading_kits_twice_changes_nothing(django_assert_num_queries):
    actions.load_kits()
    before = list(Kit.objects.values())
    actions.load_kits()
    assert list(Kit.objects.values()) == before


def test_a_kit_whose_file_is_gone_is_not_offered_but_stays(tmp_path):
    source = actions.KITS / "tea-and-toast.toml"
    (tmp_path / "tea-and-toast.toml").write_text(source.read_text())
    (tmp_path / "tea-and-cake.toml").write_text(source.read_text())
    assert actions.load_kits(tmp_path) == 2
    (tmp_path / "tea-and-cake.toml").unlink()
    assert actions.load_kits(tmp_path) == 1
    assert Kit.objects.get(slug="tea-and-cake").is_offered is False


def test_the_pages_of_kits_are_open_to_visitors(client):
    actions.load_kits()
    page = client.get("/teams/kits/")
    assert page.status_code == 200
    assert page.content.decode().count("/teams/kits/") >= 24
    page = client.get("/teams/kits/tea-and-toast/")
    assert "Hot water scalds" in page.content.decode()
    assert client.get("/teams/kits/no-such-kit/").status_code == 404
