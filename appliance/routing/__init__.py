"""Which studies go where, and why."""
