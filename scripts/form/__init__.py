"""Checks of the tree's form: layers, lengths, headers, text, formatting. Standard library only."""
