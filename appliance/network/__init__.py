"""The trio shells around the protocol: listener, acceptor, requestor."""
