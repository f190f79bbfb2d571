"""Receive studies, keep them, send them where they belong."""
