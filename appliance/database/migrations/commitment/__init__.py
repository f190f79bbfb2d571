"""The tables of the room 'commitment', step by step."""
