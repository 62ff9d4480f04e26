"""The OpenAPI 3.1 document, made from the types that decode requests and encode answers.

Nothing here answers a request; a test holds the document to the application's routes, both ways.
"""
