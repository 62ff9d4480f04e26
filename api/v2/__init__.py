"""The Open Inference Protocol, version 2: what clients of MLServer, KServe and Triton speak.

Rides come as named tensors, one a field, and are scored together; answers are bit-equal to every other door's. Errors
have the protocol's own form, `{"error": "..."}`.
"""
