//! The lines of the bank on the desk of a book's keepers: what each of them is, said in two clicks and taken back.

use super::{filled, open, refused, send_twice};
use crate::cooperatives::Coop;
use crate::cooperatives::bank::usd;
use crate::host::Host;
use anyhow::ensure;
use api::demo::cast::{join, organisation, sandbox_book};
use api::demo::client::Client;
use serde_json::json;
use tests::browser::{Browser, form_of};

async fn browser(host: &Host, client: &Client) -> anyhow::Result<Browser> {
    Browser::of(host.app.base_url(), &host.app.mail_dir(), client.email()?).await
}

/// The page of a line that the API has under some path.
fn page_of(line: &str) -> String {
    line.replace("/v1/", "/desk/")
}

#[tokio::test]
async fn a_keeper_says_of_each_line_of_the_bank_what_it_is_in_two_clicks_and_takes_it_back() -> anyhow::Result<()> {
    let coop = Coop::open().await?;
    coop.owes("sale", "cafe", "1000.00").await?.ok()?;
    coop.owes("cost", "steel", "400.00").await?.ok()?;
    let paid = page_of(&coop.line("credit", usd("999.00"), "<b>A</b>").await?);
    let (steel, capital) = (
        page_of(&coop.line("debit", usd("400.00"), "B").await?),
        page_of(&coop.line("credit", usd("60.00"), "C").await?),
    );
    let all = format!("/desk/books/{}/bank-lines", coop.host.book);
    let mut keeper = browser(&coop.host, &coop.host.treasurer).await?;
    let desk = open(&mut keeper, &format!("/desk/cooperatives/{}", coop.host.book)).await?;
    ensure!(desk.contains(&format!("href=\"{all}\"")), "one click from the desk: {desk}");
    let html = open(&mut keeper, &all).await?;
    ensure!(html.contains("3 lines of the bank are open") && html.contains("999.00 USD came"), "{html}");
    ensure!(html.contains("400.00 USD left") && !html.contains("<b>A</b>"), "{html}");

    // Whoever does not keep the book sees none of it.
    let there = form_of(&open(&mut keeper, &paid).await?, &format!("{paid}/book"))?;
    for (by, status) in [(&coop.host.stranger().await?, 404), (&coop.ada, 403), (&coop.approver, 403)] {
        let mut other = browser(&coop.host, by).await?;
        for path in [&all, &paid] {
            ensure!(other.get(path).await?.0 == status, "{path}: {status}");
        }
        let sent = other.fill(&format!("{paid}/book"), &filled(&there, &[("what", "interest")])).await?;
        ensure!(sent.status == status, "{sent:?}");
    }

    keeper.clicks = 0;
    let html = open(&mut keeper, &paid).await?;
    ensure!(html.contains("<th scope=\"row\">cafe</th><td class=\"amount\">1,000.00 USD</td>"), "{html}");
    ensure!(
        html.contains("value=\"customer_paid\"") && !html.contains("value=\"cost_paid\""),
        "what came is no cost: {html}"
    );
    let action = format!("{paid}/book");
    for (what, with, says) in [
        ("", "cafe", "id=\"what-error\""),
        ("customer_paid", "", "id=\"with-error\""),
        ("customer_paid", "Café <i>", "id=\"with-error\""),
        ("customer_paid", "school", "less is owed with school"),
        ("capital_paid_in", "77", "no member has this number"),
        ("entry", "x", "The number of the entry"),
        ("interest", "cafe", "id=\"with-error\""),
    ] {
        let there = form_of(&keeper.get(&paid).await?.1, &action)?;
        let html = refused(keeper.fill(&action, &filled(&there, &[("what", what), ("with", with)])).await?, says)?;
        ensure!(!html.contains("<i>"), "{html}");
    }
    keeper.clicks = 0;
    let said = [("what", "customer_paid"), ("with", "cafe")];
    let html = keeper.get(&paid).await?.1;
    ensure!(send_twice(&mut keeper, &html, &action, &said).await? == format!("{all}?done=booked"));
    ensure!(keeper.clicks == 2, "{}", keeper.clicks);
    ensure!(coop.cash().await? == "999.00" && coop.on("assets:receivable:customer:cafe").await? == "1.00");
    for (line, what, with) in [(&steel, "cost_paid", "steel"), (&capital, "capital_paid_in", "3")] {
        let action = format!("{line}/book");
        let html = open(&mut keeper, line).await?;
        send_twice(&mut keeper, &html, &action, &[("what", what), ("with", with)]).await?;
    }
    ensure!(coop.cash().await? == "659.00" && coop.on("equity:capital:member:3").await? == "60.00");
    let html = open(&mut keeper, &all).await?;
    ensure!(html.contains("No line of the bank is open") && html.contains("capital that a member paid in"), "{html}");

    let back = format!("{steel}/unbook");
    let html = open(&mut keeper, &steel).await?;
    ensure!(html.contains("/entries/") && !html.contains("/book\""), "it is booked: {html}");
    let html = refused(keeper.fill(&back, &filled(&form_of(&html, &back)?, &[])).await?, "say why")?;
    ensure!(send_twice(&mut keeper, &html, &back, &[("reason", "It was the rent")]).await? == steel);
    ensure!(coop.cash().await? == "1059.00" && coop.on("liabilities:costs:steel").await? == "400.00");
    ensure!(open(&mut keeper, &steel).await?.contains("value=\"cost_paid\""), "it is open again");
    coop.host.app.finish().await
}

#[tokio::test]
async fn a_host_that_is_no_cooperative_books_what_its_bank_takes_and_pays_and_nothing_of_members() -> anyhow::Result<()>
{
    let host = Host::open("Sawmill", "private").await?;
    let fund = organisation(&host.operator, "Machine Fund", "fiscal_host").await?;
    let treasurer = join(&host.operator, &fund, "treasurer@fund.example", "treasurer").await?;
    let book = sandbox_book(&treasurer, &fund, "Machine Fund").await?;
    let mut lines = Vec::new();
    for (reference, direction, amount) in [("A", "credit", "5.00"), ("B", "debit", "2.00")] {
        lines.push(json!({
            "reference": reference, "direction": direction, "amount": usd(amount), "value_date": "2026-06-30",
        }));
    }
    treasurer.post(&format!("/v1/books/{book}/bank-statements"), &json!({"lines": lines})).await?.ok()?;
    let all = format!("/desk/books/{book}/bank-lines");
    let mut keeper = browser(&host, &treasurer).await?;
    ensure!(open(&mut keeper, &format!("/desk/books/{book}")).await?.contains(&format!("href=\"{all}\"")));
    let listed = format!("/v1/books/{book}/bank-lines?open=true");
    for (line, what) in treasurer.all(&listed).await?.iter().zip(["interest", "bank_fee"]) {
        let page = format!("/desk/bank-lines/{}", line["id"].as_str().unwrap_or_default());
        let html = open(&mut keeper, &page).await?;
        ensure!(!html.contains("value=\"capital_paid_in\"") && !html.contains("value=\"cost_paid\""), "{html}");
        send_twice(&mut keeper, &html, &format!("{page}/book"), &[("what", what)]).await?;
    }
    ensure!(treasurer.all(&listed).await?.is_empty());
    host.app.finish().await
}
