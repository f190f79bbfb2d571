"""The listener's side of `services.Channel`: what we ask a caller between its own requests."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

import trio

from appliance.dicom import dimse
from appliance.dicom.dimse import Command, Element
from appliance.dicom.errors import AbortReason, RemoteProtocolError
from appliance.dicom.events import CommandReceived
from appliance.dicom.negotiation import Context
from appliance.network.conversation import Conversation
from appliance.network.services import Answer, Caller


@dataclass(eq=False, slots=True)
class _Question:
    """Waits until the caller lets us speak."""

    context: Context
    operation: int
    values: Mapping[Element, int | str]
    dataset: bytes
    answer: Answer | None = None
    done: trio.Event = field(default_factory=trio.Event)


class IncomingChannel:
    """See `services.Channel`."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._questions: deque[_Question] = deque()
        self._asked: _Question | None = None  # under way
        self._closed = False
        self._message_id = 0

    @property
    def caller(self) -> Caller:
        return self._conversation.caller

    def context(self, sop_class_uid: str) -> Context | None:
        contexts = self._conversation.association.contexts.values()
        return next((one for one in contexts if one.abstract_syntax == sop_class_uid), None)

    async def ask(
        self, context: Context, field: int, values: Mapping[Element, int | str], dataset: bytes
    ) -> Answer | None:
        await trio.lowlevel.checkpoint_if_cancelled()
        if self._closed:
            return None
        question = _Question(context, field, values, dataset)
        self._questions.append(question)
        self._conversation.prompt()
        try:
            await question.done.wait()
        finally:
            if question in self._questions and question is not self._asked:
                self._questions.remove(question)  # nobody waits for it any more
        return question.answer

    async def speak(self, serve: Callable[[CommandReceived], Awaitable[None]]) -> None:
        """Put the questions that wait; `serve` does what the caller asks meanwhile."""
        while self._questions and not self._conversation.stopped:
            question = self._asked = self._questions[0]
            await self._put(question)
            if not await self._settle(question, serve):
                return  # `close` tells who waits
            self._asked = None
            self._questions.popleft()
            question.done.set()

    def close(self) -> None:
        """The association has ended: nobody is answered any more."""
        self._closed = True
        while self._questions:
            self._questions.popleft().done.set()

    async def _put(self, question: _Question) -> None:
        self._message_id = self._message_id % 0xFFFF + 1
        values = {**question.values, Element.MESSAGE_ID: self._message_id}
        raw = dimse.message(question.operation, values, has_data=bool(question.dataset))
        data: Sequence[memoryview] = [memoryview(question.dataset)] if question.dataset else []
        await self._conversation.say(question.context.context_id, raw, data)

    async def _settle(
        self, question: _Question, serve: Callable[[CommandReceived], Awaitable[None]]
    ) -> bool:
        """Until the answer is there; False when the caller wants to end before that."""
        while True:
            self._conversation.await_message()
            event = await self._conversation.next_event()
            if not isinstance(event, CommandReceived):
                self._conversation.put_back(event)
                return False
            if event.command.is_response:
                question.answer = answer_to(self._message_id, event.command)
                return True
            await serve(event)


def answer_to(message_id: int, command: Command) -> Answer:
    """What a caller answered to our message. Raises RemoteProtocolError when it is another's."""
    if command.number(Element.MESSAGE_ID_BEING_RESPONDED_TO) != message_id:
        words = "The answer to another message came"
        raise RemoteProtocolError(words, AbortReason.UNEXPECTED_PARAMETER)
    if command.has_data:
        raise RemoteProtocolError("An answer came with a data set that it cannot have")
    return Answer.read(command)
