//! How the databases run the hot queries: never by reading a whole table.
