"""For the room 'nodes': what few nodes have."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("nodes", "0001_initial")]

    initial = False

    operations = [
        ops.AddField(
            model_name="NodeRow",
            name="options",
            field=fields.JSONField(null=True),
        ),
    ]
