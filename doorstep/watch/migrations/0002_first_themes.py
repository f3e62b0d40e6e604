from django.db import migrations

# As they were on the first day; the words that are translated stand in `watch/themes.py`.
FIRST = [
    ("homes", "", "Homes", "", 3, 60),
    ("housing", "homes", "Housing condition", "Cold, crowded, unsafe or falling apart", 5, 60),
    ("damp", "homes", "Damp and repairs", "Mould, leaks, a repair nobody does", 5, 60),
    ("getting-by", "", "Getting by", "", 3, 60),
    ("food", "getting-by", "Food", "Nothing in, or not enough", 1, 42),
    ("money", "getting-by", "Money", "Bills, debt, benefits that stopped", 3, 60),
    ("scams", "getting-by", "Scams", "A doorstep trader, a strange call or text", 1, 42),
    ("people", "", "How people are", "", 3, 60),
    ("isolation", "people", "Being alone", "Somebody you don't see any more", 3, 60),
    ("wellbeing", "people", "Mental wellbeing", "Low, worried, not themselves", 2, 60),
    ("streets", "", "Streets and places", "", 3, 60),
    ("roads", "streets", "Roads and street", "Holes, lights, crossings, parking", 5, 60),
    ("dumping", "streets", "Dumping", "Rubbish, mattresses, needles", 3, 42),
    ("place-safety", "streets", "Safety of a place", "Where people don't feel safe", 3, 60),
    ("antisocial", "streets", "Antisocial behaviour", "Noise, threats, damage", 3, 60),
    ("services-talk", "", "Services and talk", "", 3, 60),
    ("access", "services-talk", "Services hard to reach", "No answer, no way in", 5, 60),
    ("rumours", "services-talk", "Rumours", "Something untrue going round", 2, 42),
]


def plant(apps, schema_editor):
    theme = apps.get_model("watch", "Theme")
    made = {}
    for order, (slug, group, name, hint, due_days, keep_days) in enumerate(FIRST, 1):
        made[slug], _new = theme.objects.get_or_create(
            slug=slug,
            defaults={
                "name": name,
                "hint": hint,
                "parent": made.get(group),
                "order": order * 10,
                "due_days": due_days,
                "keep_days": keep_days,
            },
        )


class Migration(migrations.Migration):
    dependencies = [("watch", "0001_concerns")]

    operations = [migrations.RunPython(plant, migrations.RunPython.noop)]
