"""A streaming query of Spark: rows (key, time, x0...) of files as they come, each key with its state in Spark's store.

Run:   python spark_query.py MODEL.sluice INPUT OUTPUT CHECKPOINT
test_spark.py runs it, ends it in its midst, and runs it again.
"""

import os
import sys
from collections.abc import Iterator
from typing import Any

import pandas as pd
from pyspark.sql import SparkSession
from pyspark.sql.streaming import StatefulProcessor, StatefulProcessorHandle

import sluice


def session() -> SparkSession:
    """Two threads of this machine, whose workers are of this interpreter."""
    os.environ |= {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    builder = SparkSession.builder.master("local[2]").appName("sluice")
    settings = {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.streaming.stateStore.providerClass": (
            "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider"
        ),
    }
    for key, value in settings.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


class Scorer(StatefulProcessor):
    """What a key remembers between batches: the bytes of a stream's state."""

    def __init__(self, model: sluice.Model):
        self.model = model

    def init(self, handle: StatefulProcessorHandle) -> None:
        self.kept = handle.getValueState("kept", "state BINARY")

    def handleInputRows(self, key: Any, rows: Iterator[pd.DataFrame], timerValues: Any) -> Iterator[pd.DataFrame]:
        frame = pd.concat(list(rows)).sort_values("time")
        stream = self.model.stream()
        if self.kept.exists():
            stream.state = bytes(self.kept.get()[0])
        names = [f"x{index}" for index in range(self.model.input_size)]
        y = stream.process(frame[names].to_numpy("float32"))
        self.kept.update((stream.state,))
        yield pd.DataFrame({"key": key[0], "time": frame["time"].to_numpy(), "y": list(map(bytes, y))})

    def close(self) -> None:
        pass


def main() -> None:
    model, source, target, checkpoint = sys.argv[1:]
    opened = sluice.Model(model)
    columns = ", ".join(["key STRING, time LONG", *(f"x{index} FLOAT" for index in range(opened.input_size))])
    rows = session().readStream.schema(columns).option("maxFilesPerTrigger", 1).parquet(source)
    scored = rows.groupBy("key").transformWithStateInPandas(
        statefulProcessor=Scorer(opened), outputStructType="key STRING, time LONG, y BINARY", outputMode="Append",
        timeMode="None",
    )  # fmt: skip
    writer = scored.writeStream.format("parquet").option("path", target).option("checkpointLocation", checkpoint)
    writer.trigger(availableNow=True).start().awaitTermination()


if __name__ == "__main__":
    main()
