"""Row-level security, append-only events, and what the application's role may do."""


def test_a_session_is_the_application_role_of_one_tenant(connection):
    assert connection.execute("SELECT current_user, current_setting('bellwether.tenant')").fetchone() == (
        "bellwether_app",
        "default",
    )
