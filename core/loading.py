"""How a process loads its modules: what they make stays until the process ends."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType


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


def modules_of(package: str) -> Callable[[str], ModuleType]:
    """A package's `__getattr__` (PEP 562): its modules are loaded when they are first asked for, as its attributes."""

    def module(name: str) -> ModuleType:
        if find_spec(f"{package}.{name}") is None:
            raise AttributeError(f"There is no module {package}.{name}")
        with loading():
            return import_module(f"{package}.{name}")

    return module
