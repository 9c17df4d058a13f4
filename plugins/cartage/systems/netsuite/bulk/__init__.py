"""Plain orders, a whole batch at a time: what `cartage.systems.netsuite.orders` does row by row, on columns.

Most orders of a shop are plain: products, options and bundles, discounts of any kind, one shipment, payments by
card and the like. Their amounts are whole numbers of cents, and one operation on a column is done for all of them.
An order that is not plain, and every order that something is wrong with, is left to the rows, which know everything
and say what is wrong. Both give the same documents, byte for byte: a property test holds them together.

docs/decisions/0006-columns-for-plain-orders.md says what is gained by it.
"""
