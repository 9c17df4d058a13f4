"""Stock as the shop must be told it: what the ERP counts, less what the shop sold and the ERP does not know yet."""
