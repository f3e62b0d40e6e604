"""What is drawn in Python is what the templates say."""

import re

import pytest
from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils import translation

from doorstep.design.forms import Renderer

CHOICES = [("", "None <yet>"), ("a", "A & B"), (3, "Three")]


class Slowly(TemplatesSetting):
    form_template_name = Renderer.form_template_name
    field_template_name = Renderer.field_template_name


class Zoo(forms.Form):
    """One of each."""

    words = forms.CharField(help_text="Say <it>", max_length=20)
    free = forms.CharField(required=False, label='A "label"')
    area = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}))
    number = forms.IntegerField(min_value=1)
    day = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))
    mail = forms.EmailField(required=False)
    key = forms.CharField(widget=forms.HiddenInput)
    tick = forms.BooleanField(required=False, help_text="Only if you like")
    one = forms.ChoiceField(choices=CHOICES)
    grouped = forms.ChoiceField(choices=[("Some", CHOICES), ("z", "Z")])
    radio = forms.ChoiceField(choices=CHOICES, widget=forms.RadioSelect, help_text="One of them")
    many = forms.MultipleChoiceField(
        choices=[*CHOICES, ("x", "X"), ("y", "Y")], widget=forms.CheckboxSelectMultiple
    )
    list = forms.MultipleChoiceField(choices=CHOICES, required=False)
    file = forms.FileField(required=False)
    date = forms.DateField(widget=forms.SelectDateWidget, required=False)


SENT = {
    "words": "<b>x</b> & y, and this is far too long", "free": "'\"", "area": "\nTwo\nlines <i>",
    "number": "0", "day": "never", "mail": "a@b", "key": "k", "tick": "on", "one": "a",
    "grouped": "3", "radio": "a", "many": ["a", "y"], "list": ["3"],
}  # fmt: skip


def _tight(html):
    return re.sub(r"\s*\n\s*(?=<)|(?<=>)\s*\n\s*", "", html)


@pytest.mark.parametrize("language", ["en-gb", "ur"])
@pytest.mark.parametrize("sent", [None, SENT, {}])
def test_each_field_is_drawn_as_its_template_says(language, sent):
    with translation.override(language):
        for field in Zoo(sent, renderer=Renderer()):
            slowly = Zoo(sent, renderer=Slowly())[field.name]
            assert _tight(str(field)) == _tight(str(slowly))
            drawn, told = field.as_field_group(), slowly.as_field_group()
            assert _tight(drawn) == _tight(told)
