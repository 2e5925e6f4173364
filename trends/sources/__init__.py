"""One module a source: it recognises its payloads and yields signals."""
