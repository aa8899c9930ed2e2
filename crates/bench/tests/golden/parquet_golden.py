"""Writes the Parquet files of the tests: the same three rows under several compressions.

Made with Python 3.11.7 and pyarrow 26.0.1:

    python parquet_golden.py          # writes *.parquet beside this script
"""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

here = Path(__file__).parent
text = ["one\n", "zwei — 2", ""]
rows = pa.table({"id": pa.array([7, 8, 9]), "text": pa.array(text), "page": pa.array(["a", None, "c"]),
                 "raw": pa.array([b"\xff", b"", b"x"], type=pa.binary())})
for codec in ["none", "snappy", "gzip", "lz4", "zstd"]:
    pq.write_table(rows, here / f"{codec}.parquet", compression=codec, row_group_size=2)
