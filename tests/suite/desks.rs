//! Desks of the running service: people do in a browser what waits for them, in as few steps as was promised, once however often a form is
//! sent, and nothing that the API would refuse.

mod bank_lines;
mod browsers;
mod capital;
mod claims;
mod consent;
mod cooperative;
mod daily;
mod german;
mod host;
mod judging;
mod membership;
mod money;
mod other_work;
mod partner;
mod votes;

use anyhow::ensure;
use api::demo::cast::Cast;
use tests::browser::{Browser, Shown, form_of};

/// The browser of somebody of the cast.
pub(crate) async fn browser(cast: &Cast, client: &api::demo::client::Client) -> anyhow::Result<Browser> {
    Browser::of(cast.base(), cast.mail(), client.email()?).await
}

/// What a page's form has in it, and what somebody fills in.
pub(crate) fn filled<'a>(there: &'a [(String, String)], typed: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = there.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let kept = kept.filter(|(name, _)| typed.iter().all(|(other, _)| other != name));
    kept.chain(typed.iter().copied()).collect()
}

/// Opens a page that must be there.
pub(crate) async fn open(browser: &mut Browser, path: &str) -> anyhow::Result<String> {
    let (status, html) = browser.get(path).await?;
    ensure!(status == 200, "{path}: {status} {html}");
    Ok(html)
}

/// Fills the form of a page, sends it, and sends it once more: the second time it leads to the same place.
pub(crate) async fn send_twice(
    browser: &mut Browser,
    html: &str,
    action: &str,
    typed: &[(&str, &str)],
) -> anyhow::Result<String> {
    let there = form_of(html, action)?;
    let form = filled(&there, typed);
    let leads_to = browser.post(action, &form).await?;
    ensure!(browser.post(action, &form).await? == leads_to);
    // Whose finger slipped has not taken a step more.
    browser.clicks -= 1;
    Ok(leads_to)
}

/// Refuses a form that was not refused on its own page, and answers that page.
pub(crate) fn refused(shown: Shown, says: &str) -> anyhow::Result<String> {
    ensure!(shown.status == 422 && shown.html.contains("Not done."), "{shown:?}");
    ensure!(shown.html.contains(says), "{says}: {}", shown.html);
    Ok(shown.html)
}
