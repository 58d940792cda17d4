"""A database server that speaks MongoDB's wire protocol to the real driver, for development, demos and tests.

Its rule is "right or refused": what it does not do exactly as MongoDB 7 does is answered with an error that names it.
It imports nothing of the rest of the project. Start it with `python -m embedded_mongo`, or from Python with
`embedded_mongo.process.EmbeddedMongo`.
"""
