from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('advisor', '0006_permission_to_publish'),
    ]

    operations = [
        migrations.AddField(
            model_name='example',
            name='caveats',
            field=models.ManyToManyField(blank=True, help_text='The caveats that must be shown. Others may be shown too. Tick none when it does not matter.', to='advisor.caveat'),
        ),
    ]
