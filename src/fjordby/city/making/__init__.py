"""How a city is made from the user's own files: settings, terrain, sea, tables, people."""
