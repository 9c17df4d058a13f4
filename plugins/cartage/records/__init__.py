"""The neutral records: what flows carry, apart from how any system writes it."""
