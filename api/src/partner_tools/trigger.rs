//! `commonpurse trigger`: an event is fired by hand in a sandbox book, and arrives as a real one would.

use super::{PartnerAt, PartnerOptions, refusal};
use crate::demo::client::text;
use anyhow::{Context as _, bail};
use clap::Args;
use ledger::partners::telling::scope;
use ledger::service::event::EventKind;
use serde_json::json;

/// What `trigger` is told.
#[derive(Debug, Clone, Args)]
pub struct TriggerOptions {
    /// The kind of the event, such as `charge.captured`.
    #[arg(required_unless_present = "list")]
    pub event: Option<String>,

    /// What it tells of: an object that the partner brought, such as `chg_…`. [default: one that is made up]
    #[arg(long)]
    pub object: Option<String>,

    /// Print the kinds that partners are told, each with what it means and the scope that reads it.
    #[arg(long)]
    pub list: bool,

    /// Which service, and which book.
    #[command(flatten)]
    pub partner: PartnerOptions,
}

/// Fires an event, or prints those that there are.
///
/// # Errors
///
/// When there is no such kind, the partner cannot sign in, or the service refuses.
pub async fn trigger(options: TriggerOptions) -> anyhow::Result<()> {
    let Some(event) = options.event.filter(|_| !options.list) else {
        print!("{}", list());
        return Ok(());
    };
    let kind: EventKind =
        event.parse().ok().context("no such kind of event: `commonpurse trigger --list` shows them")?;
    let partner = PartnerAt::sign_in(options.partner).await?;
    let mut asked = json!({"kind": kind});
    if let Some(object) = options.object {
        asked["object"] = json!(object);
    }
    let answer = partner.client.post(&format!("/v1/books/{}/events:fire", partner.book), &asked).await?;
    if !answer.status.is_success() {
        bail!(refusal(&answer));
    }
    println!("fired {} {} about {}", kind, text(&answer.body, "/id")?, text(&answer.body, "/object")?);
    Ok(())
}

/// The kinds that partners are told, a line each.
fn list() -> String {
    let told = EventKind::all().iter().filter_map(|kind| Some((kind, scope(kind.family)?)));
    told.map(|(kind, scope)| format!("{:<28} {} ({scope})\n", kind.to_string(), kind.meaning)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sbx_the_list_has_every_kind_that_a_partner_is_told_with_its_sentence_and_no_other() {
        let lines: Vec<String> = list().lines().map(str::to_owned).collect();
        let told: Vec<_> = EventKind::all().iter().filter(|kind| scope(kind.family).is_some()).collect();
        assert_eq!(lines.len(), told.len());
        for (line, kind) in lines.iter().zip(told) {
            assert!(line.starts_with(&format!("{kind} ")) && line.contains(kind.meaning), "{line}");
        }
    }
}
