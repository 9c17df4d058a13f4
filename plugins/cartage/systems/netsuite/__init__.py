"""NetSuite: its transport, what records become there, and how they are written."""
