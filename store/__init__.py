"""Where everything is kept: PostgreSQL, embedded or by URL."""
