"""How the built-in city Vejle is made from its sources in data/vejle."""
