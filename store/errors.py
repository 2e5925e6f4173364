"""What can go wrong below everything else; one type per reaction.

StoreError
|- NotReachable      no server answers, or it would not start: look at its log, then try again
|- NotAllowed        the system or PostgreSQL refuses: a person has to grant something, the message says what
|- NotMigrated       the database has no schema yet: run `bellwether db migrate`
|- MigrationChanged  what was applied is not what this checkout holds: nothing is touched, a person decides
|- Busy              somebody else held a lock for longer than the time-out: try again
|- Damaged           a file is not what was filed: bring it back from a backup, or draw the design again
`- RedisDown         Redis cannot be used now: go on without it, nothing in it is needed (see store.redis)
"""


class StoreError(Exception):
    """Anything the store raises on purpose; the message names the value and the way out."""


class NotReachable(StoreError):
    """No PostgreSQL answers, or the embedded one would not start."""


class NotAllowed(StoreError):
    """A folder, an account or a privilege is missing."""


class NotMigrated(StoreError):
    """The database is there, its schema is not."""


class MigrationChanged(StoreError):
    """An applied migration differs from the file of that name, or is not in this checkout."""


class Busy(StoreError):
    """A lock was not free in time."""


class Damaged(StoreError):
    """What lies under a hash has another."""


class RedisDown(StoreError):
    """Redis is not there, did not answer in time, or did not do what it was told."""
