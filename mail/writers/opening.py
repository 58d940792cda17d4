"""The writer that the configuration asks for."""

from core.writer_settings import WriterSettings
from mail.writers import Writer
from mail.writers.built_in import BuiltInWriter
from mail.writers.model import ModelWriter


def open_writer(settings: WriterSettings) -> Writer:
    """Connects to nothing yet."""
    if settings.writer_url is None or settings.writer_model is None:
        return BuiltInWriter()
    return ModelWriter(settings, settings.writer_url, settings.writer_model)
