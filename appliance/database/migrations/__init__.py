"""How the tables of each room came to be, step by step."""
