"""What a browser shows: the reference at `/`, GraphiQL and the REST reference that the front-end build makes."""
