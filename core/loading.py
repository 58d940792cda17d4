"""How a process loads its modules: what they make stays until the process ends."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Within the block the collector of cyclic garbage rests, which would look again and again through classes and
    functions that all stay: a fifth of the time. Afterwards it looks at what is made from then on."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()
