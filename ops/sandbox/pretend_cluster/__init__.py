"""A pretend Kubernetes cluster, for the functions that call ``kubectl``, ``helm`` and ``aws``.

It remembers what was made and what was deleted, and checks what can be checked without a cluster: that manifests are
complete, that a namespace and a custom kind are there before what is in them, that a release is one of the pinned
ones, and that deletion goes the other way round. Nothing runs in it. The CDK's handlers swallow what goes wrong in a
deletion; the journal does not.

The programs themselves (``forward.py``) only pass on what they were called with; what they do is done in the server.
"""
