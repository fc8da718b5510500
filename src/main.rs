//! The plugin's entry: parses, runs, and ends with the exit code.
fn main() {}
