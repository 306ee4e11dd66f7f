"""The least that each thing could cost: written for comparison, and sharing no code with the site."""
