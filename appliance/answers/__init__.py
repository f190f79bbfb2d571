"""What the web asks, answered with what the rooms know: the only place where both vocabularies meet."""
