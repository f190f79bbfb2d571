"""The first table of the room 'access'."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="TokenRow",
            fields=[
                (
                    "name",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=63),
                ),
                ("digest", fields.CharField(unique=True, max_length=64)),
                ("rights", fields.CharField(max_length=64)),
                ("created", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "access_token",
                "app": "access",
                "pk_attr": "name",
                "table_description": "A service token. Only the digest of its secret is kept.",
            },
            bases=["Model"],
        ),
    ]
