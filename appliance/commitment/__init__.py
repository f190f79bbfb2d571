"""Storage commitment (PS3.4 Annex J): we promise to keep objects, and ask others to promise it."""
