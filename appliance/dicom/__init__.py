"""The protocol without a network: bytes in, events out."""
