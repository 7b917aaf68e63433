"""SQL for sealed secrets, by the id of the job or schedule that they belong to."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from holdfast.jobs.store.tables import job_secret


def insert_sealed(connection: Connection, owner_id: str, sealed: str) -> None:
    """Keep the sealed secrets of a new job or schedule."""
    connection.execute(insert(job_secret).values(owner_id=owner_id, sealed=sealed))


def find_sealed(connection: Connection, owner_id: str) -> str | None:
    """The sealed secrets, None when there are none."""
    found: str | None = connection.execute(
        select(job_secret.c.sealed).where(job_secret.c.owner_id == owner_id)
    ).scalar()
    return found


def delete_sealed(connection: Connection, owner_id: str) -> None:
    """Forget them."""
    connection.execute(delete(job_secret).where(job_secret.c.owner_id == owner_id))
