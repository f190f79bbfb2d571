"""An index for the room 'transfers': what was finished, by when, is found without a search."""

from tortoise import migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("transfers", "0001_initial")]

    initial = False

    operations = [
        ops.AddIndex(
            model_name="TransferRow",
            index=Index(fields=["stage", "closed"]),
        ),
    ]
