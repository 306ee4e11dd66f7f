"""A plain Django page of a given size: 30 choices, one include each, Django's own middleware, no database."""
