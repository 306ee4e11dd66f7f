"""The least that keeping something could cost: a plain Django form that stores one row, as safely as the site does."""
