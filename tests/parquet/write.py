"""Writes the files beside it with pyarrow: the same samples in every way that the format knows.

    pip install pyarrow && python write.py
"""

import pyarrow as pa
import pyarrow.parquet as pq

START = 1_758_131_137_383
ROWS = [
    (START + 15_000 * n, "http_requests_total", job, code, None if n % 7 == 5 else float(n * code) / 8)
    for n in range(14)
    for job, code in [("shop", 200), ("shop", 500), (None, 404)]
]


def long(times, codes=pa.int32(), values=pa.float64()):
    columns = list(zip(*ROWS))
    return pa.table(
        {
            "ts": pa.array(columns[0], pa.timestamp("ms")).cast(times),
            "name": pa.array(columns[1], pa.string()),
            "job": pa.array(columns[2], pa.string()),
            "code": pa.array(columns[3], pa.int32()).cast(codes),
            "value": pa.array(columns[4], values),
        }
    )


def wide():
    times = sorted({row[0] for row in ROWS})
    of = {(time, job, code): value for time, _, job, code, value in ROWS}
    series = {
        'http_requests_total{job="shop",code="200"}': ("shop", 200),
        'http_requests_total{job="shop",code="500"}': ("shop", 500),
        'http_requests_total{code="404"}': (None, 404),
    }
    columns = {"time": pa.array([time / 1000 for time in times], pa.float64())}
    for name, key in series.items():
        columns[name] = pa.array([of[(time, *key)] for time in times], pa.float32())
    return pa.table(columns)


plain = {"use_dictionary": False, "write_statistics": False}
pq.write_table(long(pa.timestamp("ms")), "snappy-dictionary.parquet", compression="snappy")
pq.write_table(
    long(pa.timestamp("us"), codes=pa.int64()),
    "zstd-delta-pages-2.parquet",
    compression="zstd",
    data_page_version="2.0",
    column_encoding={
        "ts": "DELTA_BINARY_PACKED",
        "name": "DELTA_BYTE_ARRAY",
        "job": "DELTA_LENGTH_BYTE_ARRAY",
        "code": "DELTA_BINARY_PACKED",
        "value": "BYTE_STREAM_SPLIT",
    },
    **plain,
)
pq.write_table(
    long(pa.timestamp("ns"), codes=pa.uint16()),
    "gzip-int96-groups.parquet",
    compression="gzip",
    use_deprecated_int96_timestamps=True,
    row_group_size=15,
    **plain,
)
pq.write_table(wide(), "lz4-wide.parquet", compression="lz4", data_page_version="2.0", row_group_size=5)
pq.write_table(
    long(pa.string(), codes=pa.string()),
    "plain-checksums.parquet",
    compression="none",
    write_page_checksum=True,
    **plain,
)
