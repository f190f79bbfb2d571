"""The tables of the room 'nodes', step by step."""
