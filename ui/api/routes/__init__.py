"""The routes: one noun a module, each with a `router`; `ui.api.app` mounts them under `/api/v1`."""
