"""The tables of the room 'archive', step by step."""
