"""What the web asks of the process: values it shows, and the questions it puts.

`answers` answers these Protocols with the real rooms. Every value is frozen and turns
into JSON field by field; moments are aware datetimes and leave as ISO 8601.
Methods raise `appliance.errors`: `UnknownName` becomes 404, `NameTaken` 409, `BadRequest` 400.
"""
