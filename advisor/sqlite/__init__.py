"""Django's backend for one SQLite file that many threads share, and that may be put in another's place meanwhile."""
