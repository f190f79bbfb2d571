"""What a destination promised to keep."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("transfers", "0002_finished")]

    initial = False

    operations = [
        ops.AddField(
            model_name="ItemRow",
            name="proof",
            field=fields.SmallIntField(default=0, db_default=0),
        ),
        ops.AddField(
            model_name="ItemRow",
            name="resends",
            field=fields.SmallIntField(default=0, db_default=0),
        ),
        ops.AddField(
            model_name="TransferRow",
            name="verified",
            field=fields.IntField(null=True),
        ),
    ]
