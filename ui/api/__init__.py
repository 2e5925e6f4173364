"""The HTTP API, `/api/v1`, for programs: served alone by `bellwether api`, or in LangGraph's server beside Studio."""
