"""A wrong setting stops the start with a sentence that says what to do."""

import pytest

from config import env

KEY = "q8Zr-4nVt_Lw2-yXhB7-cMk9-Pd3s-Ge6u-Jf1a-To5i"
REAL = {
    "DOORSTEP_MODE": "production",
    "DOORSTEP_SECRET_KEY": KEY,
    "DOORSTEP_MAIL_FROM": "Doorstep <hello@doorstep.example.org>",
    "DOORSTEP_SITE_URL": "https://doorstep.example.org",
}


def refused(**settings):
    with pytest.raises(env.SettingsProblem) as problem:
        env.read({f"DOORSTEP_{name}": value for name, value in settings.items()})
    return str(problem.value)


def test_without_any_setting_it_starts():
    assert env.read({})["MODE"] == "dev"


def test_other_peoples_variables_are_left_alone():
    assert env.read({"PATH": "/bin", "DOORSTEPS": "3"})["PORT"] == 8000


def test_an_unknown_setting_is_refused_with_the_nearest_name():
    assert refused(PROT="8000") == (
        "DOORSTEP_PROT is not a setting of Doorstep. Did you mean DOORSTEP_PORT?"
    )
    assert "DOORSTEP_SECRET_KEY?" in refused(SECRETKEY="x")


def test_an_unknown_setting_like_no_other_is_to_be_taken_out():
    assert refused(XQZ="1") == "DOORSTEP_XQZ is not a setting of Doorstep. Take it out."


def test_every_wrong_setting_is_named_at_once():
    words = refused(PROT="1", PORT="none", DEBUG="perhaps")
    assert words.count("\n") == 2


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("MODE", "prod", "must be one of demo, dev, production, test"),
        ("PORT", "eight", "must be a whole number from 1 to 65535"),
        ("PORT", "70000", "must be a whole number from 1 to 65535"),
        ("PORT", "", "must be a whole number"),
        ("WEB_WORKERS", "0", "must be a whole number from 1 to 64"),
        ("UPLOAD_MB", "101", "must be a whole number from 1 to 100"),
        ("DEBUG", "maybe", "must be yes or no"),
        ("DEMO_SIGN_IN", "", "must be yes or no"),
        ("SITE_URL", "doorstep.example.org", "must be a web address"),
        ("SITE_URL", "ftp://doorstep.example.org", "must be a web address"),
        ("VIDEO_URL", "javascript:alert(1)", "must be a web address"),
        ("GIVING_PREFIX", "ourborough", "must be a 360Giving prefix"),
        ("DATABASE_URL", "mysql://x", "must begin with postgresql://"),
        ("REDIS_URL", "http://x", "must begin with redis://"),
        ("MAIL_URL", "mail.example.org", "must look like smtp"),
        ("TILE_URL", "https://tiles.example.org/", "must hold {z}"),
        ("PHONE", "ring us", "must be a phone number"),
        ("DATA", "  ", "must name a folder"),
    ],
)
def test_a_malformed_setting_says_what_it_must_be(name, value, says):
    words = refused(**{name: value})
    assert words.startswith(f"DOORSTEP_{name} ")
    assert says in words
    assert words.endswith("Change it, or take it out.")


@pytest.mark.parametrize("yes", ["1", "yes", "true", "on", "YES"])
def test_yes_is_said_in_several_ways(yes):
    assert env.read({"DOORSTEP_DEBUG": yes})["DEBUG"] is True


def test_production_starts_with_a_secret_of_its_own():
    assert env.read(REAL)["MODE"] == "production"


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"DOORSTEP_SECRET_KEY": ""}, "DOORSTEP_SECRET_KEY must be a secret of your own"),
        ({"DOORSTEP_SECRET_KEY": "short"}, "DOORSTEP_SECRET_KEY must be a secret of your own"),
        ({"DOORSTEP_SECRET_KEY": "a" * 80}, "DOORSTEP_SECRET_KEY must be a secret of your own"),
        (
            {"DOORSTEP_SECRET_KEY": "demo-key-for-synthetic-people-only-never-for-real-ones"},
            "DOORSTEP_SECRET_KEY must be a secret of your own",
        ),
        ({"DOORSTEP_DEBUG": "yes"}, "DOORSTEP_DEBUG must not be on in production"),
        ({"DOORSTEP_DEMO_SIGN_IN": "yes"}, "DOORSTEP_DEMO_SIGN_IN must not be on in production"),
        (
            {"DOORSTEP_MAIL_FROM": "Doorstep <hello@doorstep.invalid>"},
            "DOORSTEP_MAIL_FROM must be an address people can answer",
        ),
    ],
)
def test_production_refuses_what_is_only_safe_among_synthetic_people(changed, says):
    with pytest.raises(env.SettingsProblem) as problem:
        env.read({**REAL, **changed})
    assert says in str(problem.value)


def test_no_sentence_ever_repeats_a_secret():
    with pytest.raises(env.SettingsProblem) as problem:
        env.read({**REAL, "DOORSTEP_SECRET_KEY": "hunter2", "DOORSTEP_DEBUG": "yes"})
    assert "hunter2" not in str(problem.value)


def test_every_setting_says_what_it_does_and_its_default_can_be_read():
    for setting in env.KNOWN.values():
        assert setting.help
        setting.read(setting.default)


TILES = "https://tiles.example.org/{z}/{x}/{y}.png"


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("tiles.example.org/{z}/{x}/{y}.png", "must be a web address"),
        ("ftp://tiles.example.org/{z}/{x}/{y}.png", "must be a web address"),
        ("https:///{z}/{x}/{y}.png", "must be a web address"),
        ("https://{s}.tiles.example.org/{z}/{x}/{y}.png", "must name one host, without {s}"),
        ("https://me:secret@tiles.example.org/{z}/{x}/{y}.png", "must name one host"),
        ("https://tiles.example.org:port/{z}/{x}/{y}.png", "port that is not a number"),
        ("https://*/{z}/{x}/{y}.png", "must name one host"),
        ("https://tiles.example.org;script-src/{z}/{x}/{y}.png", "must name one host"),
        ("https://tiles.example.org/{z}/{x}/{y}.png; script-src *", "must not hold spaces"),
        ('https://tiles.example.org/{z}/{x}/{y}.png"', "must not hold spaces, quotes"),
        ("https://tiles.example.org/{z}/{x}.png", "must hold {z}, {x} and {y}"),
        ("https://tiles.example.org/{style}/{z}/{x}/{y}.png", "holds {style}, which"),
    ],
)
def test_a_malformed_address_of_tiles_stops_the_start_with_a_sentence(value, says):
    with pytest.raises(env.SettingsProblem) as problem:
        env.read({"DOORSTEP_TILE_URL": value})
    assert says in str(problem.value)
    assert str(problem.value).endswith("Change it, or take it out.")
    assert "secret" not in str(problem.value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        TILES,
        "http://127.0.0.1:8080/{z}/{x}/{y}.png",
        "https://tiles.example.org/{z}/{x}/{y}{r}.png?key=abc-1",
    ],
)
def test_a_sound_address_of_tiles_is_taken(value):
    assert env.read({"DOORSTEP_TILE_URL": value})["TILE_URL"] == value


def test_a_site_on_tls_refuses_tiles_that_are_not():
    with pytest.raises(env.SettingsProblem, match="must begin with https://"):
        env.read(
            {
                "DOORSTEP_MODE": "production",
                "DOORSTEP_SECRET_KEY": "q8Zr-4nVt_Lw2-yXhB7-cMk9-Pd3s-Ge6u-Jf1a-To5i",
                "DOORSTEP_MAIL_FROM": "Doorstep <hello@doorstep.example.org>",
                "DOORSTEP_SITE_URL": "https://doorstep.example.org",
                "DOORSTEP_TILE_URL": "http://tiles.example.org/{z}/{x}/{y}.png",
            }
        )


def test_whose_map_it_is_is_one_line_of_words():
    with pytest.raises(env.SettingsProblem, match="TILE_CREDIT must be one line"):
        env.read({"DOORSTEP_TILE_CREDIT": "<b>me</b>"})
