"""What all tables share: the naming of constraints, ids that sort by time, moments with a time zone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, LargeBinary, MetaData, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.orm import DeclarativeBase, mapped_column

from workflow_kernel.base.ids import new_id


def now() -> datetime:
    """The moment a row is made or changed."""
    return datetime.now(UTC)


Id = Annotated[UUID, mapped_column(PG_UUID(as_uuid=True), primary_key=True, default=new_id)]
Json = Annotated[dict[str, Any], mapped_column(JSONB, default=dict, server_default=text("'{}'::jsonb"))]
Texts = Annotated[list[str], mapped_column(ARRAY(Text), default=list, server_default=text("'{}'::text[]"))]
Created = Annotated[datetime, mapped_column(DateTime(timezone=True), default=now, server_default=text("now()"))]
Updated = Annotated[
    datetime, mapped_column(DateTime(timezone=True), default=now, onupdate=now, server_default=text("now()"))
]


class Base(DeclarativeBase):
    """Base of every table."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        datetime: DateTime(timezone=True),
        UUID: PG_UUID(as_uuid=True),
        str: Text,
        bytes: LargeBinary,
        dict[str, Any]: JSONB,
        list[str]: ARRAY(Text),
        int: BigInteger,
    }
