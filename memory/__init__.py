"""What is remembered about creators and about the judges themselves."""
