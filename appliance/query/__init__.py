"""Query/Retrieve for other systems: C-FIND, C-MOVE and C-GET (PS3.4 Annex C)."""
