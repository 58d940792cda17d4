"""Mail: composed, rendered, signed, delivered. Knows no database and no HTTP framework."""
