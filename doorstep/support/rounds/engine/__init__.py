"""Plans rounds. Knows places, loads and hours as numbers; knows no models and no people."""
