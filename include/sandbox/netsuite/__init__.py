"""A small, strict NetSuite on loopback: token endpoint, REST record service, SuiteQL."""
