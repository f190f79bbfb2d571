"""The tables of the room 'transfers', step by step."""
