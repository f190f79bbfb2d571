"""The first tables of the room 'routing'."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="RuleRow",
            fields=[
                (
                    "name",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=63),
                ),
                ("when", fields.TextField(source_field="condition", unique=False)),
                ("to", fields.CharField(source_field="destination", db_index=True, max_length=63)),
                ("per", fields.CharField(max_length=8)),
                ("priority", fields.IntField()),
                ("window", fields.CharField(max_length=11)),
                ("back_to_source", fields.BooleanField()),
                ("enabled", fields.BooleanField()),
            ],
            options={
                "table": "routing_rule",
                "app": "routing",
                "pk_attr": "name",
                "table_description": "A rule.",
            },
            bases=["Model"],
        ),
    ]
