"""What one caller may use: its part of the services that the listener and the rooms provide."""

from __future__ import annotations

from collections.abc import Sequence, Set

from appliance.dicom import negotiation
from appliance.dicom.negotiation import Policy
from appliance.dicom.pdu import AssociateAccept
from appliance.network.services import Provider
from appliance.network.storing import Session

# The listener's own service, and the one for which callers store what we send them.
STORE, GET = "store", "get"


class Offer:
    """The services of one association."""

    def __init__(self, providers: Sequence[Provider], allowed: frozenset[str] | None) -> None:
        """`allowed` are names of services; None: all."""
        self._allowed = allowed
        self._providers = {
            sop_class: provider
            for provider in providers
            if self._allows(provider.name)
            for sop_class in provider.sop_classes
        }
        self._gets = any(one.name == GET for one in self._providers.values())

    def policy(self, transfer_syntaxes: Set[str] | None) -> Policy:
        """How its association request is to be judged."""
        return Policy(self._supports, transfer_syntaxes, self._uses, self._negotiate)

    def take_up(self, session: Session, answer: AssociateAccept) -> None:
        """Note in the session what came of it."""
        session.providers = self._providers
        session.may_store = self._allows(STORE)
        session.negotiated = {one.sop_class_uid: one.information for one in answer.user.extended}
        roles = answer.user.roles
        session.stores_at_caller = {role.sop_class_uid for role in roles if role.scp}
        session.provided_by_caller = {one.sop_class_uid for one in roles if one.scp and not one.scu}

    def begin(self, session: Session) -> None:
        """Tell the rooms whose services were negotiated."""
        contexts = session.conversation.association.contexts.values()
        agreed = {context.abstract_syntax for context in contexts}
        for provider in {one.name: one for one in self._providers.values()}.values():
            if provider.sop_classes & agreed - session.provided_by_caller:
                provider.begun(session.channel)

    def _supports(self, abstract_syntax: str) -> bool:
        if abstract_syntax == negotiation.VERIFICATION or abstract_syntax in self._providers:
            return True
        storage = negotiation.is_storage(abstract_syntax)
        return storage and (self._gets or self._allows(STORE))

    def _uses(self, abstract_syntax: str) -> bool:
        provider = self._providers.get(abstract_syntax)
        if provider is not None:
            return provider.either_role
        return self._gets and negotiation.is_storage(abstract_syntax)

    def _negotiate(self, sop_class: str, information: bytes) -> bytes:
        provider = self._providers.get(sop_class)
        return provider.negotiate(information) if provider else b""

    def _allows(self, name: str) -> bool:
        return self._allowed is None or name in self._allowed
