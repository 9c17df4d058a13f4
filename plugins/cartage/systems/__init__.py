"""The systems Cartage joins: a package each, which knows nothing of the others."""
