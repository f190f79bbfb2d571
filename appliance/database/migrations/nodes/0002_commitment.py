"""Whether a node is asked to commit itself."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("nodes", "0001_initial")]

    initial = False

    operations = [
        ops.AddField(
            model_name="NodeRow",
            name="commitment",
            field=fields.BooleanField(default=False),
        ),
    ]
