"""The sandbox: a small, strict SFCC and NetSuite on loopback, to build and test against."""
