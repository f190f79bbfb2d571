"""The commands of `arca`, by what they are about."""
