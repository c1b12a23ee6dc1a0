//! The body with which each operation is shown: as it stands, a test sends it and it is taken.

use serde_json::{Map, Value};
use std::sync::LazyLock;

/// By method and path.
static EXAMPLES: LazyLock<Map<String, Value>> =
    LazyLock::new(|| serde_json::from_str(include_str!("examples.json")).expect("examples are a JSON object"));

/// Puts the example of an operation into its request, but for tables, which are no JSON.
pub(super) fn show(method: &str, path: &str, operation: &mut Value) {
    let Some(example) = EXAMPLES.get(&format!("{} {path}", method.to_uppercase())) else { return };
    let content = operation["requestBody"]["content"].as_object_mut();
    for (_, media) in content.into_iter().flatten().filter(|(media_type, _)| *media_type != "text/csv") {
        media["example"] = example.clone();
    }
}

/// The operations that have an example.
#[cfg(test)]
pub(super) fn operations() -> impl Iterator<Item = &'static String> {
    EXAMPLES.keys()
}
