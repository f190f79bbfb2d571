"""Images reach systems that take other transfer syntaxes than they came in."""

from __future__ import annotations
