"""What happened, in order, for as long as anybody may ask."""
