//! Writes and checks the committed contracts.

fn main() {}
