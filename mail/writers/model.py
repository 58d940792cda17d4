"""A model behind an interface that is compatible with OpenAI's
(https://platform.openai.com/docs/api-reference/chat/create), of which many servers speak the same few words."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import DomainError
from core.inputs import origin_of
from core.outgoing import Answer, post
from core.writer_settings import WriterSettings
from mail.inbound.classification import Classification
from mail.writers import Assignment, Read, Usage, WriterRefused, WriterUnavailable, Written
from mail.writers.prompts import Message, to_read, to_write

USUAL_PAUSE: Final = 30.0
"""Seconds, after an answer that asks for patience and does not say how long."""
LONGEST_PAUSE: Final = 3600.0
LONGEST_SUBJECT: Final = 300
LONGEST_BODY: Final = 20_000
"""Characters. What is longer is no mail; what is shorter is judged by the checks."""
SAID: Final = 200
"""Characters of what a server says of a problem that are repeated."""
FENCED: Final = re.compile(r"\s*```(?:json)?\s*(.*?)\s*```\s*", re.DOTALL)
OLD_LIMIT: Final = "max_tokens"
NEW_LIMIT: Final = "max_completion_tokens"
"""Some servers know the one, some the other alone: who refuses the old one by naming the new one gets that."""
MILLION: Final = 1_000_000

P = TypeVar("P", bound="_Part")


class _Part(BaseModel):
    """Of what a server answers: what it says besides is of no use here."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class _Message(_Part):
    content: str | None = None
    refusal: str | None = None


class _Choice(_Part):
    message: _Message
    finish_reason: str | None = None


class _Tokens(_Part):
    prompt_tokens: int = Field(0, ge=0)
    completion_tokens: int = Field(0, ge=0)


class _Completion(_Part):
    choices: list[_Choice] = Field(min_length=1)
    usage: _Tokens | None = None


class _Draft(_Part):
    subject: str = Field(min_length=1, max_length=LONGEST_SUBJECT)
    body: str = Field(min_length=1, max_length=LONGEST_BODY)


class _Meaning(_Part):
    classification: Classification
    confidence: float = Field(ge=0, le=1)
    reason: str = Field("", max_length=500)


class ModelWriter:
    """`url` is the interface's base, which whoever configured it vouches for."""

    def __init__(self, settings: WriterSettings, url: str, model: str) -> None:
        self.name = model
        self._settings = settings
        self._address = f"{url.rstrip('/')}/chat/completions"
        self._trusted = (origin_of("/".join(url.split("/")[:3])),)
        self._limit = OLD_LIMIT

    async def write(self, assignment: Assignment) -> Written:
        text, usage = await self._completed(to_write(assignment))
        draft = _read(_Draft, text, usage)
        return Written(" ".join(draft.subject.split()), draft.body.replace("\r\n", "\n").strip(), usage)

    async def read(self, text: str) -> Read:
        said, usage = await self._completed(to_read(text))
        meaning = _read(_Meaning, said, usage)
        return Read(meaning.classification.value, meaning.confidence, tuple(filter(None, [meaning.reason])), usage)

    async def _completed(self, messages: Sequence[Message]) -> tuple[str, Usage]:
        """What the model says."""
        answer = await self._asked(messages)
        if answer.status == 400 and self._limit == OLD_LIMIT and NEW_LIMIT in answer.text:
            self._limit = NEW_LIMIT
            answer = await self._asked(messages)
        _check_status(answer)
        try:
            completion = _Completion.model_validate_json(answer.body)
        except ValidationError:
            raise WriterRefused("What the model's server answered can't be read") from None
        usage, choice = self._usage(completion.usage), completion.choices[0]
        if choice.message.refusal or choice.finish_reason == "content_filter":
            said = (choice.message.refusal or "its filter stopped it")[:SAID]
            raise WriterRefused(f"The model refused to write this: {said}", usage=usage)
        if choice.finish_reason == "length":
            raise WriterRefused("The model wrote too much: its answer was cut off", usage=usage)
        return choice.message.content or "", usage

    async def _asked(self, messages: Sequence[Message]) -> Answer:
        body = {
            "model": self.name,
            "messages": messages,
            "response_format": {"type": "json_object"},
            self._limit: self._settings.writer_tokens,
        }
        headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "all-over-apps"}
        if self._settings.writer_key is not None:
            headers["Authorization"] = f"Bearer {self._settings.writer_key.get_secret_value()}"
        patience = self._settings.writer_seconds
        try:
            return await post(self._address, orjson.dumps(body), headers, trusted=self._trusted, patience=patience)
        except DomainError as error:
            raise WriterUnavailable(f"The model can't be asked: {error.message}") from None

    def _usage(self, tokens: _Tokens | None) -> Usage:
        if tokens is None:
            return Usage()
        into, out = self._settings.writer_input_price, self._settings.writer_output_price
        cost = (tokens.prompt_tokens * into + tokens.completion_tokens * out) / MILLION if into or out else None
        return Usage(tokens.prompt_tokens, tokens.completion_tokens, cost)


def _check_status(answer: Answer) -> None:
    """What servers say goes no further than this: it may repeat what they were asked, and the key."""
    if answer.status == 429:
        raise WriterUnavailable("The model has too much to do", _pause(answer.headers) or USUAL_PAUSE)
    if answer.status in (401, 403):
        raise WriterUnavailable("The model's server does not accept WRITER_KEY")
    if answer.status == 404:
        raise WriterUnavailable("The model's server knows no such model or address: see WRITER_URL and WRITER_MODEL")
    if answer.status >= 500:
        raise WriterUnavailable(f"The model's server failed ({answer.status})", _pause(answer.headers))
    if answer.status != 200:
        raise WriterRefused(f"The model's server did not accept what it was asked ({answer.status})")


def _pause(headers: Mapping[str, str]) -> float | None:
    """By `Retry-After` in seconds; dates are not worth reading here."""
    said = headers.get("retry-after", "").strip()
    return min(float(said), LONGEST_PAUSE) if re.fullmatch(r"\d{1,6}(\.\d{1,3})?", said) else None


def _read(shape: type[P], text: str, usage: Usage) -> P:
    """The JSON object that a model wrote, also where it put it in a fence."""
    fenced = FENCED.fullmatch(text)
    try:
        return shape.model_validate_json(fenced[1] if fenced else text)
    except ValidationError:
        raise WriterRefused("What the model wrote is not what it was asked for", usage=usage) from None
