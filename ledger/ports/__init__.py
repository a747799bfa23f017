"""What the services need from outside, as Protocols and the plain values that cross them.

Adapters (store, chain, keys) implement these and are joined to the services in `ledger.wiring` only. A method either
returns a whole answer or raises one of `ledger.errors`; failure is never answered with 0, None or "" (None is said
to mean "there is none" where it can be returned). All bytes are raw; text is made at the edge.
"""
