"""The tables. `*_at` columns and `lease_until` are milliseconds since 1970.

Names stand beside the numbers of their users and organizations, for those may be deleted. Such a number may come again:
what is older than a namespace is not its own.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, String, Table, Text

from holdfast.backends.database.protocol import metadata

job = Table(
    "job",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("id", String(24), nullable=False, unique=True),
    Column("namespace_id", Integer, nullable=False),
    Column("namespace", String(96), nullable=False),
    Column("namespace_is_org", Boolean, nullable=False),
    Column("creator_id", Integer),
    Column("creator", String(96)),
    Column("kind", String(40), nullable=False),
    Column("spec", Text, nullable=False),
    Column("stage", String(16), nullable=False),
    Column("message", Text),
    Column("priority", Integer, nullable=False),
    Column("cpus", Integer, nullable=False),
    Column("memory_mb", Integer),
    Column("timeout_seconds", Integer),
    Column("run_at", BigInteger, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("losses", Integer, nullable=False),
    Column("worker", String(80)),
    Column("place", String(80)),
    Column("lease_until", BigInteger),
    Column("cancel_requested_at", BigInteger),
    Column("schedule_id", String(24)),
    Column("concurrency_key", String(200)),
    Column("idempotency_key", String(200)),
    Column("progress", Float),
    Column("progress_sentence", Text),
    Column("progress_eta_at", BigInteger),
    Column("exit_code", Integer),
    Column("created_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("finished_at", BigInteger),
    Index("job_by_namespace", "namespace_id", "key"),
    Index("job_by_stage", "stage", "priority", "run_at"),
    Index("job_by_idempotency_key", "namespace_id", "idempotency_key", unique=True),
)
"""`spec` is JSON without secrets. `failures` count against the attempts a job has, `losses` are the machine's fault.
`worker` holds the job under a lease; `place` is where the attempt runs, as runners call it."""

job_label = Table(
    "job_label",
    metadata,
    Column("job_key", ForeignKey("job.key"), primary_key=True),
    Column("name", String(100), primary_key=True),
    Column("value", String(100), nullable=False),
    Index("job_label_by_name", "name", "value"),
)

job_secret = Table(
    "job_secret",
    metadata,
    Column("owner_id", String(24), primary_key=True),
    Column("sealed", Text, nullable=False),
)
"""The secrets of a job or a schedule, by its id: JSON, sealed with the key of the data directory."""

job_schedule = Table(
    "job_schedule",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("id", String(24), nullable=False, unique=True),
    Column("namespace_id", Integer, nullable=False, index=True),
    Column("namespace", String(96), nullable=False),
    Column("namespace_is_org", Boolean, nullable=False),
    Column("creator_id", Integer),
    Column("creator", String(96)),
    Column("cron", String(200), nullable=False),
    Column("spec", Text, nullable=False),
    Column("suspended", Boolean, nullable=False),
    Column("concurrency", Boolean, nullable=False),
    Column("last_job_id", String(24)),
    Column("last_job_at", BigInteger),
    Column("next_run_at", BigInteger, index=True),
    Column("created_at", BigInteger, nullable=False),
)
