//! The binary `commonpurse-worker`.

fn main() {}
