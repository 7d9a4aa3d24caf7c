"""The doors over HTTP: REST, GraphQL, WebSocket and webhooks, as Tornado handlers. They hold no rules of their own."""
