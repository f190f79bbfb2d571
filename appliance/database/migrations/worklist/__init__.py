"""The tables of the room 'routing', step by step."""
