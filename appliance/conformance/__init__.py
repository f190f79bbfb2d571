"""Conformance: the statement of PS3.2, made from what really runs."""
