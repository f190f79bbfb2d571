"""Receive an object: check it, hand its bytes to the store, answer for it."""
