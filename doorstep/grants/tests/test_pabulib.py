"""Files that can't be counted say why; files that are odd are counted and say what was odd."""

import json
from fractions import Fraction

import pytest
from django.core.management import CommandError, call_command

from doorstep.grants.tally import pabulib
from doorstep.grants.tally.election import Kind

GOOD = """META
key;value
description;Our street
country;United Kingdom
unit;Barking
instance;2026
num_projects;3
num_votes;4
budget;100,50
vote_type;approval
rule;greedy
PROJECTS
project_id;cost;votes;name;selected
1;60.25;3;A bench; by the river;1
2;40.25;2;"Tea; for all";1
3;50;1;Seeds;0
VOTES
voter_id;vote;age
a;1,2;40
b;1;
c;2,1,3;9
d;;
""".replace("A bench; by the river", "A bench by the river")


def test_a_file_is_read_to_the_penny():
    election = pabulib.read(GOOD)
    assert election.money(election.budget) == Fraction("100.5")
    assert [election.money(cost) for cost in election.costs] == [
        Fraction("60.25"), Fraction("40.25"), 50,
    ]  # fmt: skip
    assert election.votes == [3, 2, 1]
    assert election.ballots == 4
    assert [project.name for project in election.projects][1] == "Tea; for all"
    assert election.kind is Kind.APPROVAL
    assert election.notes == ()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("budget;100,50\n", "", "META doesn't say “budget”"),
        ("vote_type;approval\n", "", "META doesn't say “vote_type”"),
        ("approval", "shouting", "the vote_type is “shouting”"),
        ("100,50", "lots", "The budget is “lots”, which is not a number."),
        ("100,50", "-1", "less than nothing"),
        ("3;50;", "1;50;", "has the project_id “1” twice"),
        ("3;50;", "3;fifty;", "The cost of project “3” is “fifty”"),
        ("c;2,1,3;9", "c;2,7;9", "The ballot of voter “c” names project '7'"),
        ("c;2,1,3;9", "a;2,1,3;9", "has the voter_id “a” twice"),
        ("VOTES\nvoter_id;vote;age", "VOTES\nvoter_id;age", "VOTES has no column “vote”"),
        ("project_id;cost;", "project_id;price;", "PROJECTS has no column “cost”"),
        ("PROJECTS\n", "THINGS\n", "no part called PROJECTS"),
        ("META\n", "", "A .pb file begins with META"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(old, new, says):
    assert old in GOOD
    with pytest.raises(pabulib.PabulibProblem, match=r"\.$") as problem:
        pabulib.read(GOOD.replace(old, new, 1))
    assert says in str(problem.value)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("num_votes;4\n", "", "META doesn't say “num_votes”. The file has 4."),
        ("num_projects;3", "num_projects;9", "META says num_projects is 9, but the file has 3."),
        ("c;2,1,3", "c;2,1,3,1", "1 ballots name a project twice"),
        ("1;60.25;3;", "1;60.25;8;", "other numbers of votes than the ballots for 1."),
    ],
)
def test_what_is_only_odd_is_counted_and_said(old, new, says):
    election = pabulib.read(GOOD.replace(old, new, 1))
    assert election.votes == [3, 2, 1]
    assert [note for note in election.notes if says in note]


@pytest.mark.parametrize(
    ("points", "says"),
    [("3", "names 2 projects and gives 1 numbers"), ("3,many", "gives “many” points")],
)
def test_points_must_match_what_they_are_for(points, says):
    text = GOOD.replace("approval", "cumulative").replace(";age\n", ";points\n")
    text = text.replace("a;1,2;40", f"a;1,2;{points}").replace("c;2,1,3;9", "c;2,1,3;1,1,1")
    with pytest.raises(pabulib.PabulibProblem) as problem:
        pabulib.read(text.replace("b;1;", "b;1;2"))
    assert says in str(problem.value)


def test_places_count_from_the_longest_ballot_allowed():
    text = GOOD.replace("approval", "ordinal").replace("rule;", "max_length;5\nrule;")
    assert pabulib.read(text).scores == [5 + 5 + 4, 4 + 5, 3]


def test_where_published_scores_count_from_each_ballots_length_so_do_we():
    text = GOOD.replace("approval", "ordinal").replace("rule;", "max_length;5\nrule;")
    text = text.replace("cost;votes;name", "cost;score;name")
    text = text.replace("60.25;3;", "60.25;5;").replace("40.25;2;", "40.25;4;")
    assert pabulib.read(text).scores == [2 + 1 + 2, 1 + 3, 1]


def test_the_command_prints_who_is_funded(tmp_path, capsys):
    file = tmp_path / "ours.pb"
    file.write_text(GOOD)
    call_command("grants", "tally", str(file), "--method", "greedy_votes", "--json")
    assert json.loads(capsys.readouterr().out) == {"funded": ["1", "2"], "cost": 100.5}
    call_command("grants", "tally", str(file), "--method", "most-votes")
    assert "2 of 3 funded, 100.5 of 100.5 spent." in capsys.readouterr().out


def test_the_command_says_what_is_wrong(tmp_path):
    with pytest.raises(CommandError, match="There is no file"):
        call_command("grants", "tally", str(tmp_path / "no.pb"), "--method", "phragmen")
    with pytest.raises(CommandError, match="There is no method"):
        call_command("grants", "tally", "no.pb", "--method", "guessing")
