"""GraphQL over HTTP, websockets and event streams: an engine around graphql-core that knows no domain."""
