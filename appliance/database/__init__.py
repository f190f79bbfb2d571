"""The one room that speaks asyncio: Tortoise behind a trio door."""
