//! The metadata tree as flat names, for formats without nesting (sops-compat.md §3.4). (stub)
