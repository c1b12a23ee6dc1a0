//! What must hold in a book whenever its clock stands still.

use super::steps::minor;
use super::{Outcome, Story};
use anyhow::{Context as _, ensure};
use api::demo::client::text;
use jiff::Timestamp;
use ledger::engine::store::journal;
use ledger::id::{BookId, BookRef};
use ledger::pledging::store::lineage;
use ledger::verify::verify;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A book as its export tells it.
struct Journal {
    /// Per line: kind, account that is debited, account that is credited, minor units, what its entry is about.
    lines: Vec<(String, String, String, i64, String)>,
    /// What stands on an account at the end, minor units.
    balances: BTreeMap<String, i64>,
}

impl Journal {
    fn read(export: &str) -> anyhow::Result<Journal> {
        verify(export.as_bytes()).map_err(|wrong| anyhow::anyhow!("the export does not hold: {wrong:?}"))?;
        let mut found = Journal { lines: Vec::new(), balances: BTreeMap::new() };
        let (mut debits, mut credits) = (0, 0);
        for line in export.lines() {
            let line: Value = serde_json::from_str(line)?;
            let about = line["reference"].as_str().unwrap_or_default();
            for moved in line["lines"].as_array().into_iter().flatten() {
                let word = |field: &str| moved[field].as_str().unwrap_or_default().to_owned();
                let amount = digits(&moved["amount"]);
                found.lines.push((word("kind"), word("debit"), word("credit"), amount, about.to_owned()));
            }
            for account in line["balances"].as_array().into_iter().flatten() {
                debits += digits(&account["debits"]);
                credits += digits(&account["credits"]);
                found.balances.insert(text(account, "/account")?.to_owned(), digits(&account["balance"]));
            }
        }
        ensure!(debits == credits, "all debits are {debits}, all credits {credits}");
        Ok(found)
    }

    /// The sum of the lines of a kind about something, on accounts that are credited and begin so.
    fn sum(&self, kind: &str, credit: &str, about: &str) -> i64 {
        let fits = |line: &&(String, String, String, i64, String)| {
            line.0 == kind && line.2.starts_with(credit) && (about.is_empty() || line.4 == about)
        };
        self.lines.iter().filter(fits).map(|line| line.3).sum()
    }

    /// Minor units that lines of a kind moved from one account to another; any account where no code is given.
    fn moved(&self, kind: &str, debit: &str, credit: &str) -> i64 {
        let is = |code: &str, asked: &str| asked.is_empty() || code == asked;
        let fits =
            |line: &&(String, String, String, i64, String)| line.0 == kind && is(&line.1, debit) && is(&line.2, credit);
        self.lines.iter().filter(fits).map(|line| line.3).sum()
    }

    /// What entries of a kind are about, each once.
    fn about(&self, kind: &str) -> BTreeSet<&str> {
        self.lines.iter().filter(|line| line.0 == kind).map(|line| line.4.as_str()).collect()
    }
}

/// Minor units of an amount in dollars that stands as digits, with or without a sign.
fn digits(amount: &Value) -> i64 {
    amount.as_str().unwrap_or_default().replace('.', "").parse().unwrap_or(0)
}

/// What the charges of a campaign say.
#[derive(Default)]
struct Sums {
    collected: i64,
}

impl Story<'_> {
    /// Checks everything; when all `is_over`, that nothing rests where it should not.
    pub(super) async fn check(&mut self, is_over: bool) -> Outcome {
        let book = self.book.parse::<BookRef>()?.book;
        self.jobs_are_done().await?;
        self.rows_add_up(book).await?;
        let path = format!("/v1/books/{}/export?format=jsonl", self.book);
        let journal = Journal::read(&self.world.stage.cast.treasurer.download(&path).await?)?;
        let sums = self.charges(&journal).await?;
        self.campaigns(&journal, &sums).await?;
        self.refunds(&journal).await?;
        self.chargebacks(&journal, is_over).await?;
        self.claims().await?;
        self.funds_are_explained(&journal, book).await?;
        for (kind, what) in [("milestone_released", "a release"), ("match_paid", "a round pays")] {
            if !journal.about(kind).is_empty() {
                self.world.count(what);
            }
        }
        if is_over {
            self.nothing_rests(book).await?;
        }
        Ok(())
    }

    async fn jobs_are_done(&self) -> Outcome {
        self.world.stage.app.work_until_idle().await?;
        let jobs = self.world.stage.cast.treasurer.get(&format!("/v1/books/{}/jobs", self.book)).await?.ok()?;
        ensure!(jobs["dead"] == 0 && jobs["pausing"] == 0, "jobs failed: {jobs}");
        Ok(())
    }

    async fn rows_add_up(&self, book: BookId) -> Outcome {
        let client = self.world.stage.app.connection().await?;
        for wrong in [journal::audit(&client, book).await?, lineage::audit(&client, book).await?] {
            ensure!(wrong.is_empty(), "{wrong:?}");
        }
        Ok(())
    }

    /// Nothing waits with a clock that has passed.
    fn waits_in_time(&self, of: &Value, field: &str) -> Outcome {
        let Some(until) = of[field].as_str() else { return Ok(()) };
        ensure!(until.parse::<Timestamp>()? > self.now, "at {} something still waits: {of}", self.now);
        Ok(())
    }

    /// Each capture is in the journal once, of each due date there is one at most, and what they come to for each campaign.
    async fn charges(&self, journal: &Journal) -> anyhow::Result<BTreeMap<String, Sums>> {
        let cast = &self.world.stage.cast;
        let mut sums = BTreeMap::<String, Sums>::new();
        let mut captured = BTreeSet::new();
        for pledge in &self.pledges {
            let shown = cast.partner.get(&format!("/v1/pledges/{pledge}")).await?.ok()?;
            self.waits_in_time(&shown, "state_until")?;
            let mut due = BTreeSet::new();
            for charge in cast.partner.all(&format!("/v1/pledges/{pledge}/charges")).await? {
                self.waits_in_time(&charge, "waits_until")?;
                let of = sums.entry(text(&charge, "/campaign")?.to_owned()).or_default();
                if charge["captured_on"].is_null() {
                    continue;
                }
                of.collected += minor(&charge["amount"]);
                ensure!(due.insert(text(&charge, "/due_on")?.to_owned()), "captured twice for a due date: {charge}");
                let id = text(&charge, "/id")?.to_owned();
                let posted = journal.sum("charge_captured", "liabilities:fund:", &id);
                ensure!(posted == minor(&charge["amount"]), "the journal has {posted} of {charge}");
                captured.insert(id);
            }
        }
        let posted = journal.about("charge_captured");
        ensure!(posted.len() == captured.len(), "{} captures of {} in the journal", captured.len(), posted.len());
        Ok(sums)
    }

    /// The totals of each campaign are what the journal says, and its charges.
    async fn campaigns(&self, journal: &Journal, sums: &BTreeMap<String, Sums>) -> Outcome {
        let cast = &self.world.stage.cast;
        for campaign in &self.campaigns {
            let path = format!("/v1/campaigns/{}", text(campaign, "/id")?);
            let shown = cast.treasurer.get(&path).await?.ok()?;
            self.waits_in_time(&shown, "state_until")?;
            match shown["state"].as_str() {
                Some("failed") => self.world.count("a campaign fails"),
                Some("successful") => self.world.count("a campaign succeeds"),
                _ => {}
            }
            let totals = cast.treasurer.get(&format!("{path}/totals")).await?.ok()?;
            let total = |field: &str| minor(&totals[field]);
            let fund = format!("liabilities:fund:{}", text(campaign, "/slug")?);
            let collected = journal.sum("charge_captured", &fund, "");
            ensure!(total("collected") == collected, "the journal has {collected} collected: {shown} {totals}");
            let none = Sums::default();
            let of = sums.get(text(campaign, "/id")?).unwrap_or(&none);
            ensure!(of.collected == collected, "charges brought {}, not {collected}: {shown}", of.collected);
            let refunded = journal.moved("refund_sent", &fund, "") - journal.moved("refund_failed", "", &fund);
            ensure!(total("refunded") == refunded, "{refunded} was refunded: {shown} {totals}");
            let disputes = format!("assets:disputes:{}", text(campaign, "/slug")?);
            let disputed = journal.moved("dispute_opened", &disputes, "") - journal.moved("dispute_won", "", &disputes);
            ensure!(total("disputed") == disputed, "{disputed} is disputed: {shown} {totals}");
            ensure!(total("pledged") >= total("collected") + total("dropped"), "{shown} {totals}");
        }
        if let Some(round) = &self.round {
            let shown = cast.treasurer.get(&format!("/v1/matching-rounds/{}", text(round, "/id")?)).await?.ok()?;
            self.waits_in_time(&shown, "state_until")?;
        }
        Ok(())
    }

    /// Each refund took of funds what it sends, and gave it back when it failed.
    async fn refunds(&self, journal: &Journal) -> Outcome {
        for id in journal.about("refund_sent") {
            let refund = self.world.stage.cast.treasurer.get(&format!("/v1/refunds/{id}")).await?.ok()?;
            self.waits_in_time(&refund, "waits_until")?;
            let sent = journal.sum("refund_sent", "liabilities:refunds:", id);
            ensure!(sent == minor(&refund["sent"]), "{sent} was sent: {refund}");
            let left: i64 = ["refund_settled", "refund_failed"].iter().map(|kind| journal.sum(kind, "", id)).sum();
            let is_over = matches!(refund["state"].as_str(), Some("settled" | "failed"));
            ensure!(left == if is_over { sent } else { 0 }, "{left} of {sent} has ended: {refund}");
        }
        Ok(())
    }

    /// Each chargeback took what it says, and that was given back or borne.
    async fn chargebacks(&self, journal: &Journal, is_over: bool) -> Outcome {
        for id in journal.about("dispute_opened") {
            let chargeback = self.world.stage.cast.treasurer.get(&format!("/v1/chargebacks/{id}")).await?.ok()?;
            let taken = journal.sum("dispute_opened", "assets:cash:", id);
            let whole = minor(&chargeback["amount"]) + minor(&chargeback["fee"]);
            ensure!(taken == whole, "{taken} was taken: {chargeback}");
            let won = journal.sum("dispute_won", "assets:disputes:", id);
            let lost = journal.sum("dispute_lost", "assets:disputes:", id);
            let state = text(&chargeback, "/state")?;
            let ended = if state == "won" {
                (whole, 0)
            } else if state == "lost" {
                (0, whole)
            } else {
                (0, 0)
            };
            ensure!((won, lost) == ended, "{won} came back, {lost} is borne: {chargeback}");
            ensure!(!is_over || matches!(state, "won" | "lost"), "at the end it is not over: {chargeback}");
            match state {
                "won" => self.world.count("a chargeback is won"),
                "open" => self.waits_in_time(&chargeback, "until")?,
                _ => {}
            }
            for part in chargeback["borne_by"].as_array().into_iter().flatten() {
                match part["bearer"].as_str() {
                    Some("team_payable" | "team_receivable") => self.world.count("a loss is borne by a team"),
                    Some("fund") => self.world.count("a loss is borne by a fund"),
                    Some("risk_reserve") => self.world.count("a loss is borne by the reserve"),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    async fn claims(&self) -> Outcome {
        for milestone in &self.milestones {
            let path = format!("/v1/milestones/{milestone}/claims");
            for claim in self.world.stage.cast.claimant.all(&path).await? {
                self.waits_in_time(&claim, "decide_until")?;
            }
        }
        Ok(())
    }

    /// What funds hold is what is left of pledges' layers and of rounds', and what has not settled.
    async fn funds_are_explained(&self, journal: &Journal, book: BookId) -> Outcome {
        let mut left = 0;
        for pledge in &self.pledges {
            let uses = self.world.stage.cast.partner.get(&format!("/v1/pledges/{pledge}/uses")).await?.ok()?;
            left += minor(&uses["left"]);
        }
        let app = &self.world.stage.app;
        let number = book.0;
        let unsettled = format!(
            "SELECT coalesce(sum(amount - refunded - fees), 0)::bigint FROM charge
              WHERE book_id = {number} AND state = 'captured'"
        );
        let of_rounds = format!(
            "SELECT coalesce(sum(remaining), 0)::bigint FROM fund_layer WHERE book_id = {number} AND round IS NOT NULL"
        );
        let explained = left + app.count(&unsettled).await? + app.count(&of_rounds).await?;
        let funds = journal.balances.iter().filter(|(code, _)| code.starts_with("liabilities:fund:"));
        let held: i64 = funds.map(|(_, balance)| balance).sum();
        ensure!(held == explained, "funds hold {held}, of which {explained} is explained");
        let receipts = app.count(&format!("SELECT count(*) FROM receipt WHERE book_id = {number}")).await?;
        let captures = journal.about("charge_captured").len();
        ensure!(usize::try_from(receipts)? == captures, "{receipts} receipts of {captures} captures");
        Ok(())
    }

    /// Where money goes back, none is left that could: only what a refund could not bring, or a milestone was promised.
    async fn nothing_rests(&self, book: BookId) -> Outcome {
        let client = self.world.stage.app.connection().await?;
        let rows = client
            .query(
                "SELECT format('%s of %s is left in %s', sum(l.remaining), coalesce('round ' || l.round, 'pledge ' || l.pledge), c.slug)
                   FROM fund_layer l JOIN campaign c ON c.book_id = l.book_id AND c.fund = l.fund
                  WHERE l.book_id = $1 AND l.remaining > 0
                    AND (c.state = 'failed' OR c.slug = ANY ($2))
                    AND NOT EXISTS (SELECT FROM refund r JOIN charge g ON g.book_id = r.book_id AND g.id = r.charge
                                     WHERE r.book_id = $1 AND g.pledge = l.pledge AND r.state = 'failed')
                  GROUP BY l.round, l.pledge, c.slug",
                &[&book.0, &self.returned],
            )
            .await
            .context("what rests")?;
        let rests: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        ensure!(rests.is_empty(), "{rests:?}");
        Ok(())
    }
}
