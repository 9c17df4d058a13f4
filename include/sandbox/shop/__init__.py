"""The sandbox's shop: orders and customers made from a seed, as drops, as SCAPI JSON and as what they must come to."""
