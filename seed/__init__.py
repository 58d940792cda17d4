"""A believable company, always the same one (but for ids, secrets and the day it is seen from)."""
