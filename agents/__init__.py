"""Who judges: eleven specialists, a coordinator, and the one door to language models."""
