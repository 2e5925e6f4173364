"""What things cost, what comparable things sell for."""
