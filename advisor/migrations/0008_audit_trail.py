"""The audit trail, whose entries are never changed or deleted: raw SQL is refused too.

As with releases, SQLite drops the triggers when a later migration rebuilds the table. Such a migration must run `freeze`
again; the tests find out when it does not.
"""

import django.utils.timezone
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TABLE = "advisor_auditentry"
MESSAGE = "an entry of the audit trail is never changed or deleted"

SQLITE = {
    f"{TABLE}_refuse_update": f"BEFORE UPDATE ON {TABLE} BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END",
    f"{TABLE}_refuse_delete": f"BEFORE DELETE ON {TABLE} BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END",
    # INSERT OR REPLACE deletes the row in its way without asking the trigger above.
    f"{TABLE}_refuse_replace": (
        f"BEFORE INSERT ON {TABLE} WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE id = NEW.id OR previous = NEW.previous "  # noqa: S608  made of constants
        f"OR sha256 = NEW.sha256) BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
    ),
}
POSTGRESQL = {
    f"{TABLE}_refuse_change": f"BEFORE UPDATE OR DELETE ON {TABLE} FOR EACH ROW",
    f"{TABLE}_refuse_truncate": f"BEFORE TRUNCATE ON {TABLE} FOR EACH STATEMENT",
}
FUNCTION = f"""
CREATE OR REPLACE FUNCTION {TABLE}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def freeze(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "sqlite":
        for name, body in SQLITE.items():
            schema_editor.execute(f"CREATE TRIGGER IF NOT EXISTS {name} {body}")
    elif schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(FUNCTION, params=None)
        for name, body in POSTGRESQL.items():
            schema_editor.execute(f"CREATE TRIGGER {name} {body} EXECUTE FUNCTION {TABLE}_refuse()")
    else:
        raise NotImplementedError("The audit trail can be kept safe on SQLite and PostgreSQL only.")


def thaw(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "sqlite":
        for name in SQLITE:
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}")
    elif schema_editor.connection.vendor == "postgresql":
        for name in POSTGRESQL:
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {name} ON {TABLE}")
        schema_editor.execute(f"DROP FUNCTION IF EXISTS {TABLE}_refuse()")


class Migration(migrations.Migration):

    dependencies = [
        ('advisor', '0007_examples_expect_caveats'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='when')),
                ('who', models.CharField(blank=True, help_text='The username. Empty when a command did it.', max_length=150)),
                ('what', models.CharField(max_length=1000)),
                ('record', models.CharField(blank=True, help_text='Its kind and its name. Example: rule: law-text.', max_length=200)),
                ('changes', models.JSONField(blank=True, default=dict, help_text='What each field said before and says after.')),
                ('previous', models.CharField(help_text='The seal of the entry before.', max_length=64, unique=True)),
                ('sha256', models.CharField(help_text='The seal: of all that is above.', max_length=64, unique=True, verbose_name='SHA-256')),
            ],
            options={
                'verbose_name': 'entry of the audit trail',
                'verbose_name_plural': 'audit trail',
                'ordering': ['-pk'],
            },
        ),
        migrations.RunPython(freeze, thaw),
    ]
