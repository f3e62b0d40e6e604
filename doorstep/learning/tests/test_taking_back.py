"""Taking a story back: the words are nowhere that is ours."""

from doorstep.learning.redacting import INSTEAD, Traces

STORY = "The gate at the back was locked for three winters and nobody rang us about it."


def test_a_run_of_a_storys_words_is_taken_out_and_the_rest_stays():
    traces = Traces.of([STORY])
    text = "We heard that the gate at the back was locked for three winters. Let us ask why."
    assert traces.take_out(text) == (f"We heard that {INSTEAD}. Let us ask why.", 1)


def test_a_few_words_in_common_are_no_copy():
    assert Traces.of([STORY]).take_out("The gate at the back is green.") == (
        f"{INSTEAD} is green.",
        1,
    )
    assert Traces.of([STORY]).take_out("A gate was locked. Nobody rang.")[1] == 0
