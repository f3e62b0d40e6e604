"""How Django draws forms here: every field with its label, hint and error as the design says."""

from django.forms.renderers import TemplatesSetting


class Renderer(TemplatesSetting):
    """Draws each form and field from `design/forms/`."""

    form_template_name = "design/forms/form.html"
    field_template_name = "design/forms/field.html"
