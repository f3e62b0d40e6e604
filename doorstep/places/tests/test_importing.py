"""Bringing places in: bad rows are told with their line, and again changes nothing."""

import json
import subprocess
import sys

import pytest
from django.core.management import call_command

from doorstep.places.actions import load_borough
from doorstep.places.importing import DATA, BadFile, import_file
from doorstep.places.models import Area, Postcode, Venue

pytestmark = pytest.mark.django_db

HEADING = "pcds,osward,lsoa21,lat,long"


@pytest.fixture
def real():
    """The bundled borough."""
    return load_borough()


def put(tmp_path, name, *lines):
    file = tmp_path / name
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def facts():
    return (
        list(Area.objects.order_by("id").values()),
        list(Postcode.objects.order_by("code").values()),
    )


def test_the_bundled_borough_is_a_tree_of_one_nine_nineteen_and_115(real):
    kinds = [kind for kind, _label in Area.Kind.choices]
    assert [Area.objects.filter(kind=kind).count() for kind in kinds] == [1, 9, 19, 115, 0]
    assert Postcode.objects.count() == 3060
    assert not Area.objects.filter(kind="neighbourhood", imd_decile=None).exists()
    for area in Area.objects.select_related("parent"):
        assert area.path == f"{area.parent.path if area.parent else ''}{area.pk}/"


def test_loading_the_borough_again_changes_nothing(real):
    before = facts()
    load_borough()
    assert facts() == before


def test_each_locality_is_one_to_three_wards_that_touch(real):
    corners = {}
    for ward in Area.objects.filter(kind="ward"):
        boundary = ward.boundary
        polygons = boundary["coordinates"]
        if boundary["type"] == "Polygon":
            polygons = [polygons]
        corners[ward.pk] = {tuple(point) for polygon in polygons for point in polygon[0]}
    for locality in Area.objects.filter(kind="locality"):
        wards = list(locality.parts.values_list("pk", flat=True))
        assert 1 <= len(wards) <= 3
        reached = {wards[0]}
        for _round in wards:
            reached |= {
                ward for ward in wards if any(corners[ward] & corners[one] for one in reached)
            }
        assert reached == set(wards), locality.name


def test_a_bad_postcode_row_is_told_with_its_line_and_leaves_the_rest(real, tmp_path):
    Postcode.objects.all().delete()
    file = put(
        tmp_path,
        "postcodes.csv",
        HEADING,
        "RM10 7FH,E05014070,E01000018,51.54,0.15",
        "nonsense,E05014070,E01000018,51.54,0.15",
        "RM10 7FJ,E05099999,E01000018,51.54,0.15",
        "RM10 7FK,E05014070,E01000018,north,0.15",
        "RM10 7FH,E05014070,E01000018,51.54,0.15",
        "RM10 7FL,E05014070",
        "",
        "rm10 7fn,E05014070,,51.54,0.15",
    )
    report = import_file("postcodes", file)
    assert [problem.line for problem in report.problems] == [3, 4, 5, 6, 7]
    assert (report.read, report.added, report.bad) == (7, 2, 5)
    assert set(Postcode.objects.values_list("code", flat=True)) == {"RM10 7FH", "RM10 7FN"}
    assert "E05099999" in report.problems[1].said


def test_postcodes_of_elsewhere_and_of_the_past_are_counted_not_blamed(real, tmp_path):
    file = put(
        tmp_path,
        "onspd.csv",
        HEADING + ",oslaua,doterm",
        "SW1A 1AA,E05000644,E01004736,51.5,-0.14,E09000033,",
        "RM10 7FZ,E05014070,E01000018,51.54,0.15,E09000002,202001",
    )
    report = import_file("postcodes", file)
    assert (report.elsewhere, report.bad, report.added) == (2, 0, 0)


def test_a_dry_run_keeps_nothing(real, tmp_path):
    before = facts()
    file = put(tmp_path, "postcodes.csv", HEADING, "RM10 9ZZ,E05014070,,51.54,0.15")
    assert import_file("postcodes", file, dry_run=True).added == 1
    assert facts() == before


def test_a_broken_feature_is_told_with_its_line_and_leaves_the_rest(tmp_path):
    square = [[[0.1, 51.5], [0.2, 51.5], [0.2, 51.6], [0.1, 51.6], [0.1, 51.5]]]

    def feature(code, name, geometry):
        return json.dumps(
            {
                "type": "Feature",
                "properties": {"code": code, "name": name, "lad": "E09000002"},
                "geometry": geometry,
            }
        )

    good = {"type": "Polygon", "coordinates": square}
    file = put(
        tmp_path,
        "wards.geojson",
        '{"type":"FeatureCollection","features":[',
        feature("E05014053", "Abbey", good) + ",",
        feature("E05014054", "Alibon", {"type": "Point", "coordinates": [0, 51]}) + ",",
        '{"type":"Feature","properties":{"code":"E05014055", oops}},',
        feature("E05099999", "Nowhere", good) + ",",
        feature("E05014056", "Beam", {"type": "Polygon", "coordinates": [square[0][:3]]}) + ",",
        feature("E05014057", "Becontree", good),
        "]}",
    )
    report = import_file("areas", file)
    assert [problem.line for problem in report.problems] == [3, 4, 5, 6]
    assert set(Area.objects.filter(kind="ward").values_list("name", flat=True)) == {
        "Abbey",
        "Becontree",
    }


def test_a_ward_that_changes_locality_takes_what_is_in_it_along(real, tmp_path):
    wards = DATA / "barking_dagenham_wards_2022.geojson"
    moved = (DATA / "localities.csv").read_text().replace("Eastbrookend,E", "Old Dagenham,E")
    localities = put(tmp_path, "localities.csv", moved)
    report = import_file("areas", wards, localities=str(localities))
    assert report.changed == 1
    ward = Area.objects.get(gss_code="E05014059")
    assert ward.parent.name == "Old Dagenham"
    for hood in ward.parts.all():
        assert hood.path == f"{ward.path}{hood.pk}/"


def test_figures_out_of_range_are_told_and_left_out(real, tmp_path):
    before = Area.objects.get(gss_code="E01000006").imd_decile
    file = put(
        tmp_path,
        "figures.csv",
        "lsoa21_code,IMD_decile,IMD_rank",
        "E01000006,11,5",
        "E01000007,3,7",
        "E01999999,3,7",
        "E01000008,2.5,7",
    )
    report = import_file("figures", file)
    assert [problem.line for problem in report.problems] == [2, 4, 5]
    assert Area.objects.get(gss_code="E01000006").imd_decile == before
    assert Area.objects.get(gss_code="E01000007").imd_decile == 3


def test_venues_find_their_ward_by_postcode_and_come_once(real, tmp_path):
    file = put(
        tmp_path,
        "venues.csv",
        "name,address,postcode,is_step_free,way_in",
        "St Mary’s hall,1 Church Road,rm10 7fh,yes,Blue doors",
        "Somewhere,1 Road,SW1A 1AA,yes,",
        "Maybe hall,1 Road,RM10 7FH,perhaps,",
    )
    report = import_file("venues", file)
    assert [problem.line for problem in report.problems] == [3, 4]
    assert import_file("venues", file).same == 1
    venue = Venue.objects.get()
    assert venue.area == Postcode.find("RM10 7FH").ward
    assert venue.is_step_free


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", "\x00\x01\x02", '"unfinished'])
def test_a_file_of_another_kind_is_refused_in_a_sentence(real, tmp_path, content):
    file = tmp_path / "odd"
    file.write_text(content)
    for what in ("areas", "postcodes", "figures", "venues"):
        with pytest.raises(BadFile):
            import_file(what, file)


def test_a_missing_file_is_told_in_a_sentence(tmp_path):
    with pytest.raises(BadFile, match="can't read"):
        import_file("areas", tmp_path / "none.geojson")


def test_the_command_says_what_it_did_and_its_exit_code_tells_bad_rows(real, tmp_path, capsys):
    good = put(tmp_path, "good.csv", HEADING, "RM10 9ZZ,E05014070,,51.54,0.15")
    call_command("import", "postcodes", str(good), "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["added"], told["bad"], told["dry_run"]) == (1, 0, False)
    bad = put(tmp_path, "bad.csv", HEADING, "nonsense,E05014070,,51.54,0.15")
    with pytest.raises(SystemExit) as stop:
        call_command("import", "postcodes", str(bad))
    assert stop.value.code == 1
    assert "line 2: 'nonsense' is not a postcode" in capsys.readouterr().err


def test_the_command_refuses_words_it_does_not_know():
    done = subprocess.run(
        [sys.executable, "-m", "config", "import", "moons", "file"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "invalid choice" in done.stderr
