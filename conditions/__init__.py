"""Conditions that people write as JSON: read with every mistake at once, explained leaf by leaf, asked of facts or of a
database. Knows no domain: the fields that there are come as a catalogue."""
