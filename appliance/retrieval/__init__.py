"""Asks other archives what they have, and brings it here."""
