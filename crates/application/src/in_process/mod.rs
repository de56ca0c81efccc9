//! Adapters that need nothing but this process: what an embedded server uses in place of Redis.
