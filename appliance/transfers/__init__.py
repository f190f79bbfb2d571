"""The queue: what must be sent, when, and how it went."""
