"""The tables of the room 'journal', step by step."""
