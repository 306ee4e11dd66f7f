from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("advisor", "0005_enquiry_without_origin"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="release",
            options={
                "get_latest_by": "number",
                "ordering": ["-number"],
                "permissions": [("publish_release", "Can publish, roll back and recall releases")],
            },
        ),
    ]
