"""Dataset: files larger than memory, read, changed, grouped and written by Ray Data over the machines of a cluster."""

from __future__ import annotations

import re
import threading
from typing import Any, Literal

from pydantic import BaseModel

from workflow_kernel.sdk import Batch, Context, Field, Items, Lineage, NodeError, NodeType, Table, node

Format = Literal["parquet", "csv", "json"]

LOOK_EVERY = 0.5
"""Seconds between looks at how far it is."""

_REMOTE = ("s3://", "gs://", "abfs://")


class Aggregate(BaseModel):
    """One column of a group's row."""

    function: Literal["count", "sum", "mean", "min", "max", "std"] = Field("sum", description="What is computed.")
    column: str = Field("", description="Of which column; count needs none.", expression=False)
    name: str = Field("", description="The new column's name; told by the others when empty.", expression=False)


@node(
    "ray.dataset",
    title="Ray Data",
    where="thread",
    pure=False,
    icon="database",
    keywords=("parquet", "csv", "json", "big data", "cluster", "group", "aggregate", "etl"),
)
class Dataset(NodeType):
    """Reads files that need not fit into memory, changes their rows, groups them and writes them, on a Ray cluster.

    The steps happen in this order: the columns are chosen, rows are kept by *filter*, each batch of them goes through
    the SQL of *change*, they are grouped. What comes of it is written to *write*, and one item tells where; or it goes
    on as a table where nothing is written, up to a number of rows.
    """

    read: str = Field(description="A file, or a folder with files.", placeholder="sales/", min_length=1)
    format: Format = Field("parquet", description="How the files are written.", expression=False)
    columns: list[str] = Field(
        default_factory=list, description="Columns that are read; all when empty.", expression=False
    )
    filter: str = Field(
        "", description="A condition in SQL that rows must meet.", placeholder="amount > 100", expression=False
    )
    change: str = Field(
        "", description="SQL of DuckDB for each batch of rows, which is called `batch`.", widget="code",
        language="sql", placeholder="SELECT *, amount * 1.2 AS gross FROM batch", expression=False,
    )  # fmt: skip
    group_by: list[str] = Field(
        default_factory=list, description="Columns whose equal values make a group.", expression=False
    )
    aggregates: list[Aggregate] = Field(default_factory=list, description="What is told of each group.")
    write: str = Field("", description="A folder to write to; nothing is written when empty.")
    write_format: Format = Field("parquet", description="How it is written.", section="Options", expression=False)
    rows: int = Field(
        100_000, ge=1, le=10_000_000, description="Rows that go on, where nothing is written.", section="Options"
    )

    def run(self, batch: Batch, ctx: Context) -> Batch:
        """Do it, on the cluster this process belongs to."""
        import ray

        if not ray.is_initialized():
            raise NodeError(
                "This node runs on a Ray cluster, and there is none here.",
                code="WF660",
                mend="Run the workflow with --on ray, or start 'workflow dispatcher' for the service.",
            )
        import ray.data

        ray.data.DataContext.get_current().enable_progress_bars = False
        try:
            return self._run(ctx)
        except ray.exceptions.RayError as error:
            raise _told(error) from None

    def _run(self, ctx: Context) -> Batch:
        import ray

        counter = ray.remote(num_cpus=0)(Counter).remote()
        found, total = self._read(ctx)
        found = found.map_batches(Counted(counter, self._statements()), batch_format="pyarrow", batch_size=None)
        if self.group_by or self.aggregates:
            found = self._grouped(found)
        target = _place(self.write, ctx) if self.write else ""
        watch = _Watch(counter, total, ctx)
        with watch:
            if target:
                getattr(found, f"write_{self.write_format}")(target)
                return Items.of({"path": self.write, "format": self.write_format, "rows_read": watch.count()})
            tables = ray.get(found.limit(self.rows).to_arrow_refs())
        return Table(_joined(tables), Lineage("none"))

    def _read(self, ctx: Context) -> tuple[Any, int | None]:
        """The rows as they stand in the files, and how many there are where that is known beforehand."""
        import ray.data

        place = _place(self.read, ctx)
        if self.format == "parquet":
            found = ray.data.read_parquet(place, columns=self.columns or None)
            return found, found.count()
        found = ray.data.read_csv(place) if self.format == "csv" else ray.data.read_json(place, lines=True)
        return found.select_columns(self.columns) if self.columns else found, None

    def _statements(self) -> list[str]:
        # Locked: DuckDB reaches neither files nor the network here.
        first = [f"SELECT * FROM batch WHERE ({self.filter})"] if self.filter.strip() else []  # noqa: S608
        return first + ([self.change] if self.change.strip() else [])

    def _grouped(self, found: Any) -> Any:
        from ray.data import aggregate

        kinds = {"count": aggregate.Count, "sum": aggregate.Sum, "mean": aggregate.Mean, "min": aggregate.Min,
                 "max": aggregate.Max, "std": aggregate.Std}  # fmt: skip
        wanted = [
            kinds[one.function](one.column or None, alias_name=one.name or f"{one.function}_{one.column}".rstrip("_"))
            for one in self.aggregates or [Aggregate(function="count")]
        ]
        if not self.group_by:
            return _from_one(found.aggregate(*wanted))
        return found.groupby(self.group_by).aggregate(*wanted)


class Counter:
    """How many rows went by. An actor."""

    def __init__(self) -> None:
        self._count = 0

    def add(self, count: int) -> None:
        """So many more."""
        self._count += count

    def count(self) -> int:
        """So many so far."""
        return self._count


class Counted:
    """Runs statements over a batch on a worker, and tells how many rows it had.

    Parameters
    ----------
    counter: is told. statements: SQL, one after another.
    """

    def __init__(self, counter: Any, statements: list[str]) -> None:
        self._counter = counter
        self._statements = statements

    def __call__(self, batch: Any) -> Any:
        from workflow_kernel.nodes.data import _tables

        self._counter.add.remote(batch.num_rows)
        for statement in self._statements:
            batch = _tables.run_sql(statement, {"batch": batch}, {}, lambda: False)
        return batch


class _Watch:
    """Tells the progress while Ray Data works."""

    def __init__(self, counter: Any, total: int | None, ctx: Context) -> None:
        self._counter = counter
        self._total = total
        self._ctx = ctx
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._tell, name="progress of Ray Data", daemon=True)

    def __enter__(self) -> _Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def count(self) -> int:
        """How many rows went by."""
        import ray

        found: int = ray.get(self._counter.count.remote())
        return found

    def _tell(self) -> None:
        seen = -1
        while not self._is_over.wait(LOOK_EVERY):
            count = self.count()
            if count != seen:
                seen = count
                fraction = min(1.0, count / self._total) if self._total else 0.0
                of = f" of {self._total:,}" if self._total else ""
                self._ctx.progress(fraction, f"{count:,}{of} rows")


def _told(error: Any) -> NodeError:
    """What went wrong on a worker, by the last error its trace names."""
    text = str(error)
    named = re.findall(
        r"^(?!.*UserCodeException)(?:ray\.\S+?\()?[\w.]*?(?:Error|Exception)\)?: (.+)$", text, re.MULTILINE
    )
    return NodeError(f"Ray Data failed: {(named or [type(error).__name__])[-1][:500]}", description=text[-5000:])


def _place(name: str, ctx: Context) -> str:
    """A path, checked; addresses of object stores only where nodes may reach everything."""
    if name.startswith(_REMOTE):
        ctx.path("/")  # refused where nodes are kept to their folders
        return name
    return str(ctx.path(name))


def _from_one(row: Any) -> Any:
    """A data set of the one row that aggregates without groups give."""
    import ray.data

    return ray.data.from_items([row if isinstance(row, dict) else {"value": row}])


def _joined(tables: list[Any]) -> Any:
    import pyarrow

    return pyarrow.concat_tables(tables, promote_options="permissive") if tables else pyarrow.table({})
