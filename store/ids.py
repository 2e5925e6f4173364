"""Identity: whatever is not a signal carries a UUIDv7, made in code: a row knows its id before it is stored."""

from uuid import UUID

import uuid_utils.compat


def new_id() -> UUID:
    """A UUIDv7: unique without asking anybody, and later ids sort after earlier ones."""
    return uuid_utils.compat.uuid7()
