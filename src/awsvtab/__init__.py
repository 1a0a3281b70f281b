"""Live AWS resources as SQLite tables."""
