"""Stock: what NetSuite counts by item and location becomes what each inventory list of the shop can sell."""
