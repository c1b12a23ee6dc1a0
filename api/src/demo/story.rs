//! story
/// t
pub struct Told { /// x
 pub closing: String, /// x
 pub checks: usize, /// x
 pub book: String, /// x
 pub treasurer: String }
/// t
pub async fn play(_: &str, _: &std::path::Path, _: &super::literals::Literals) -> anyhow::Result<Told> { anyhow::bail!("") }
