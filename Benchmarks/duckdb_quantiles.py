"""Runs the query of QuantileBenchmark in DuckDB, over the same columns in the same run."""

import sys
import time

import duckdb
import numpy

path = sys.argv[1]
columns = numpy.fromfile(path, dtype=[("operation", "<i4"), ("error", "<i4"), ("duration", "<i8")])
connection = duckdb.connect()
connection.execute("SET threads = 1")
operation, error, duration = (numpy.ascontiguousarray(columns[name]) for name in columns.dtype.names)
connection.execute("CREATE TABLE spans (o USMALLINT, e UTINYINT, d BIGINT)")
source = {"o": operation, "e": error, "d": duration}
connection.register("source", source)
connection.execute("INSERT INTO spans SELECT o, e, d FROM source")


def seconds(query):
    """The median CPU seconds of five runs, after a warm-up."""
    times = []
    for _ in range(6):
        start = time.process_time()
        connection.execute(query).fetchall()
        times.append(time.process_time() - start)
    return sorted(times[1:])[2]


ours = float(open(path + ".seconds").read())
for name, function in [("exact", "quantile_disc"), ("approximate", "approx_quantile")]:
    statistics = f"count(*), sum(e), sum(d), max(d), {function}(d, [0.5, 0.9, 0.99])"
    theirs = seconds(f"SELECT o, {statistics} FROM spans GROUP BY o")
    print(f"  DuckDB, {name:12}                           {theirs * 1e3:8.1f} ms CPU: {theirs / ours:.1f} × ours")
