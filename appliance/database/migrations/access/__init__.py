"""The tables of the room 'access', step by step."""
