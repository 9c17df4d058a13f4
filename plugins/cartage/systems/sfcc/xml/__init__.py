"""Reading SFCC's XML exports into neutral batches: fast by default, record by record where a file is damaged.

```
path ─ unpacking ─ document ─ cutting ─┬─ fast   (a stretch of whole records at once) ─┬─ tables ─ Batch
       gzip, size  prolog,    stretches └─ slow   (each record by itself, on any doubt) ┘  types, ids
                   encoding   of records
```
"""
