"""What can go wrong with a store is one family."""

from __future__ import annotations

import inspect

from storage import errors


def test_every_error_is_a_store_error_and_named_in_the_tree() -> None:
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]
    assert len(kinds) == 7
    for kind in kinds:
        assert issubclass(kind, errors.StoreError)
        assert kind.__name__ in str(errors.__doc__)
