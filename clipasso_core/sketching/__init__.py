"""The way from a photograph and a request to a sketch, and from a sketch to another."""
