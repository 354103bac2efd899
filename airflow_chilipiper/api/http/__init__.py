"""How calls reach Chili Piper, and how answers are read. The only room that imports httpx and aiohttp."""
