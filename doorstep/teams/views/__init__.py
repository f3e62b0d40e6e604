"""Pages of teams, by what people come to do."""
