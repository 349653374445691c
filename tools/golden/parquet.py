"""Writes the Parquet files in training/src/test/resources/parquet with pyarrow.

usage: python tools/golden/parquet.py   (pyarrow 21 or newer)
"""

import pathlib

import pyarrow as pa
import pyarrow.parquet as pq

OUT = pathlib.Path(__file__).parents[2] / "training/src/test/resources/parquet"
WORD = pa.struct([("w", pa.string()), ("start", pa.int32()), ("end", pa.int32())])
SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("speaker", pa.string()),
        ("style_label", pa.string()),
        ("split", pa.string()),
        ("seconds", pa.float64()),
        ("hubert", pa.list_(pa.int32())),
        ("pitch", pa.list_(pa.int32())),
        ("style", pa.list_(pa.int32())),
        ("words", pa.list_(WORD)),
        ("text", pa.string()),
        ("text_ids", pa.list_(pa.int32())),
        ("model", pa.string()),
        ("code", pa.string()),
    ]
)


def row(i):
    """Item i, as PreparedParquetTest expects it."""
    hubert = [(i * 7 + k * k) % 501 for k in range(10 + i)]
    expressive = i % 2 == 0
    return {
        "id": f"item-{i}",
        "speaker": None if i % 3 == 0 else f"s{i % 3}",
        "style_label": "happy" if expressive else None,
        "split": "train",
        "seconds": len(hubert) / 25,
        "hubert": hubert,
        "pitch": [k % 64 for k in range(len(hubert) // 2)] if expressive else None,
        "style": [i % 100] if expressive else None,
        "words": [] if i % 5 == 0 else [{"w": "née", "start": 1, "end": 4}, {"w": "cat", "start": 4, "end": 4 + i % 6}],
        "text": None if i % 5 == 0 else "née cat",
        "text_ids": None if i % 5 == 0 else [i, 31999],
        "model": "toy",
        "code": "0.1",
    }


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pylist([row(i) for i in range(12)], SCHEMA)
    for codec in ("none", "snappy", "zstd", "gzip"):
        version = "2.0" if codec == "zstd" else "1.0"
        pq.write_table(
            table, OUT / f"prepared-{codec}.parquet", compression=codec, data_page_version=version, row_group_size=5
        )
    # whole numbers of 64 bits, and names of list elements as other writers have them
    wide = pa.schema(
        [f if f.name != "hubert" else ("hubert", pa.list_(pa.int64())) for f in SCHEMA]
    )
    pq.write_table(
        pa.Table.from_pylist([row(i) for i in range(12)], wide),
        OUT / "prepared-wide.parquet",
        compression="snappy",
        use_compliant_nested_type=False,
    )
    pq.write_table(
        pa.table({"text": ["First document.", None, "Second\ndocument."], "source": ["a", "b", "c"]}),
        OUT / "text.parquet",
        compression="snappy",
    )


if __name__ == "__main__":
    main()
