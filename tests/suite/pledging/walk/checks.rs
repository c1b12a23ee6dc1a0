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
use rand::Rng as _;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;

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

    /// The ways in which money moved.
    fn kinds(&self) -> BTreeSet<String> {
        self.lines.iter().map(|line| line.0.clone()).collect()
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

/// Money that was in suspense, by the charge that it became.
type Matched = BTreeMap<String, String>;

/// Whether a charge began while its partner, or its rail, had left.
fn begins_during(charge: &Value, left: &Value) -> bool {
    let at = |moment: &Value| moment.as_str().and_then(|moment| moment.parse::<Timestamp>().ok());
    let is_meant = left["rail"].is_null() || left["rail"] == charge["rail"];
    let (Some(from), Some(began)) = (at(&left["from"]), at(&charge["created_at"])) else { return false };
    is_meant && from <= began && at(&left["restored_at"]).is_none_or(|restored| began < restored)
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
        self.world.moved.lock().unwrap_or_else(PoisonError::into_inner).extend(journal.kinds());
        let matched = self.suspense(&journal).await?;
        // What is asked about each pledge by itself costs most: it is asked now and then, and at the end.
        let closely = is_over || self.dice.random_ratio(1, 3);
        let sums = if closely { Some(self.charges(&journal, &matched).await?) } else { None };
        self.campaigns(&journal, sums.as_ref()).await?;
        if closely {
            self.refunds(&journal).await?;
            self.chargebacks(&journal, is_over).await?;
            self.claims().await?;
            self.places().await?;
            self.funds_are_explained(&journal, &matched, book).await?;
        }
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
    async fn charges(&self, journal: &Journal, matched: &Matched) -> anyhow::Result<BTreeMap<String, Sums>> {
        let cast = &self.world.stage.cast;
        let mut sums = BTreeMap::<String, Sums>::new();
        let mut captured = BTreeSet::new();
        let left = cast.treasurer.all(&format!("/v1/books/{}/withdrawals", self.book)).await?;
        for pledge in &self.pledges {
            let shown = cast.partner.get(&format!("/v1/pledges/{pledge}")).await?.ok()?;
            self.waits_in_time(&shown, "state_until")?;
            let mut due = BTreeSet::new();
            for charge in cast.partner.all(&format!("/v1/pledges/{pledge}/charges")).await? {
                self.waits_in_time(&charge, "waits_until")?;
                let was_matched = matched.contains_key(text(&charge, "/id")?);
                let began = left.iter().find(|left| !was_matched && begins_during(&charge, left));
                ensure!(began.is_none(), "{charge} began after {began:?}");
                let of = sums.entry(text(&charge, "/campaign")?.to_owned()).or_default();
                if charge["captured_on"].is_null() {
                    continue;
                }
                of.collected += minor(&charge["amount"]);
                ensure!(due.insert(text(&charge, "/due_on")?.to_owned()), "captured twice for a due date: {charge}");
                let id = text(&charge, "/id")?.to_owned();
                let posted = match matched.get(&id) {
                    Some(item) => journal.sum("suspense_matched", "liabilities:fund:", item),
                    None => journal.sum("charge_captured", "liabilities:fund:", &id),
                };
                ensure!(posted == minor(&charge["amount"]), "the journal has {posted} of {charge}");
                captured.insert(id);
            }
        }
        let posted = journal.about("charge_captured").len() + matched.len();
        ensure!(posted == captured.len(), "{} captures of {posted} in the journal", captured.len());
        Ok(sums)
    }

    /// The totals of each campaign are what the journal says, and its charges.
    async fn campaigns(&self, journal: &Journal, sums: Option<&BTreeMap<String, Sums>>) -> Outcome {
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
            let collected: i64 =
                ["charge_captured", "suspense_matched"].iter().map(|kind| journal.moved(kind, "", &fund)).sum();
            ensure!(total("collected") == collected, "the journal has {collected} collected: {shown} {totals}");
            if let Some(sums) = sums {
                let brought = sums.get(text(campaign, "/id")?).map_or(0, |of| of.collected);
                ensure!(brought == collected, "charges brought {brought}, not {collected}: {shown}");
            }
            let refunded = journal.moved("refund_sent", &fund, "") - journal.moved("refund_failed", "", &fund);
            ensure!(total("refunded") == refunded, "{refunded} was refunded: {shown} {totals}");
            let disputes = format!("assets:disputes:{}", text(campaign, "/slug")?);
            let disputed = journal.moved("dispute_opened", &disputes, "") - journal.moved("dispute_won", "", &disputes);
            ensure!(total("disputed") == disputed, "{disputed} is disputed: {shown} {totals}");
            ensure!(total("pledged") >= total("collected") + total("dropped"), "{shown} {totals}");
            if !shown["cap"].is_null() {
                let account =
                    |name: &str| format!("equity:commitments:{}:{name}", text(campaign, "/slug").unwrap_or_default());
                let (room, pledged) = (account("room"), account("pledged"));
                let promised = journal.moved("pledge_committed", &room, &pledged);
                let dropped = journal.moved("commitment_dropped", &pledged, &room);
                ensure!(promised - dropped <= minor(&shown["cap"]), "{promised} - {dropped} is promised: {shown}");
            }
        }
        if let Some(round) = &self.round {
            let shown = cast.treasurer.get(&format!("/v1/matching-rounds/{}", text(round, "/id")?)).await?.ok()?;
            self.waits_in_time(&shown, "state_until")?;
        }
        Ok(())
    }

    /// What came unexpectedly waits no longer than it may, and is where its state says. Answers what was matched, by its charge.
    async fn suspense(&self, journal: &Journal) -> anyhow::Result<Matched> {
        let items = self.world.stage.cast.treasurer.all(&format!("/v1/books/{}/suspense", self.book)).await?;
        let mut matched = Matched::new();
        let mut open = 0;
        for item in &items {
            self.waits_in_time(item, "until")?;
            let (id, amount) = (text(item, "/id")?, minor(&item["amount"]));
            let of = |kind: &str| journal.sum(kind, "liabilities:", id);
            let ended = match text(item, "/state")? {
                "open" => (0, 0),
                "matched" => (amount, 0),
                _ => (0, amount),
            };
            let found = (of("suspense_matched"), of("suspense_returned"));
            ensure!(found == ended, "{found:?} has left suspense: {item}");
            if let Some(charge) = item["matched"].as_str() {
                ensure!(matched.insert(charge.to_owned(), id.to_owned()).is_none(), "matched twice: {item}");
            }
            open += amount - ended.0 - ended.1;
        }
        let rests = journal.balances.iter().filter(|(code, _)| code.starts_with("liabilities:suspense:"));
        let rests: i64 = rests.map(|(_, balance)| balance).sum();
        ensure!(rests == open, "{rests} is in suspense, of {open}: {items:?}");
        Ok(matched)
    }

    /// No tier has more pledges than places.
    async fn places(&self) -> Outcome {
        for campaign in &self.campaigns {
            let path = format!("/v1/campaigns/{}/tiers", text(campaign, "/id")?);
            for tier in self.world.stage.cast.treasurer.all(&path).await? {
                ensure!(tier["places_left"].as_i64().unwrap_or(0) >= 0, "{tier}");
            }
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
    async fn funds_are_explained(&self, journal: &Journal, matched: &Matched, book: BookId) -> Outcome {
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
        let captures = journal.about("charge_captured").len() + matched.len();
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
