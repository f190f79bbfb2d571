"""What the web asks, answered with what the rooms know; both vocabularies meet only here."""
