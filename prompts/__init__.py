"""What models are told: one Markdown file an agent."""
