"""Pixels: other transfer syntaxes without losing one, single frames, and pictures to look at."""
