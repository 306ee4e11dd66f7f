from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("advisor", "0004_uses_of_what_is_limited"),
    ]

    operations = [
        migrations.RemoveField(model_name="enquiry", name="origin"),
    ]
