//! The binary `commonpurse`.

fn main() {}
