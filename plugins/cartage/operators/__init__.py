"""The five steps of a flow, and what they share."""
