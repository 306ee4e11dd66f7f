import advisor.models.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("advisor", "0008_audit_trail"),
    ]

    operations = [
        migrations.CreateModel(
            name="Recall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", advisor.models.fields.ProseField(
                    help_text="What is wrong and what to do now, for whoever relies on it. It stands in place of the advice.",
                    max_length=600,
                )),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="recalled at")),
                ("by_name", models.CharField(blank=True, max_length=150, verbose_name="by (name)")),
                ("by", models.ForeignKey(
                    blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="recalls",
                    to=settings.AUTH_USER_MODEL,
                )),
                ("release", models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT, related_name="recall", to="advisor.release",
                    to_field="number",
                )),
            ],
        ),
    ]
