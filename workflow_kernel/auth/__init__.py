"""Who somebody is and what they may do: factors, tokens, roles, webhook signatures, the vault. No storage, no HTTP."""
